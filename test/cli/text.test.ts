import { deepEqual, doesNotMatch, equal, match } from "node:assert/strict";
import { offersOf } from "../../src/cli/demoParticipants";
import { describeSession } from "../../src/cli/describeSession";
import { describeSpecs } from "../../src/cli/describeSpecs";
import { hubWelcome } from "../../src/cli/hubWelcome";
import { listenAddresses } from "../../src/cli/listenAddresses";
import { formatTable } from "../../src/cli/table";
import { jsonLine, printable } from "../../src/cli/terminal";
import { HumanError } from "../../src/common/humanError";
import type { ProviderInfo } from "../../src/participant/provider";

describe("what the terminal program prints", () => {
  it("holds no control characters from outside, but lines and tabs", () => {
    equal(printable("Ada\u202e\u2066 is \u2069online"), "Ada is online");
    equal(printable("a\u001b]0;x\u0007\tb\r\nc\u009b1m\u007f 🎉"), "a]0;x\tb\nc1m 🎉");
  });

  it("holds them as escapes where it is JSON", () => {
    const text = "a\u001b]0;x\u0007\tb\r\nc\u009b1m\u007f \u202e\u2066🎉";
    const line = jsonLine({ text });
    equal(line, '{"text":"a\\u001b]0;x\\u0007\\tb\\r\\nc\\u009b1m\\u007f \\u202e\\u2066🎉"}');
    deepEqual(JSON.parse(line), { text });
  });

  it("is a table with even columns, one line a row", () => {
    const table = formatTable([
      ["A", "B"],
      ["long name", "x\ny"],
    ]);
    equal(table, "A          B\nlong name  x y");
  });

  it("names the GPU with its memory, else processor and RAM, else nothing", () => {
    equal(describeSpecs({ gpu: "RTX 4090", vram: 24, cpu: "i9", ram: 64 }), "RTX 4090 · 24 GB");
    equal(describeSpecs({ cpu: "M3", ram: 36 }), "M3 · 36 GB RAM");
    equal(describeSpecs({}), "");
  });

  it("is one line for every state of a share", () => {
    const error = new HumanError("HUB_UNREACHABLE", "The hub is gone.", "Wait.");
    const sharing = { state: "sharing", since: 0, active: [], paused: false } as const;
    equal(describeSession({ state: "starting" }), "starting");
    equal(describeSession(sharing), "online");
    const asked = (...askers: (string | undefined)[]) =>
      describeSession({
        ...sharing,
        active: askers.map((asker, at) => ({ requestId: `r${at}`, startedAt: 0, asker })),
      });
    equal(asked(undefined), "serving 1");
    equal(asked("Ada", undefined, "Ada", "Gr\u001b[2Jace"), "serving 4 (Ada, Gr[2Jace)");
    equal(asked("Ada)\nstopped\r\n"), "serving 1 (Ada) stopped )");
    equal(describeSession({ ...sharing, paused: true }), "paused");
    for (const retryAt of [1_000, 4_000])
      equal(
        describeSession({ state: "reconnecting", error, retryAt }),
        "reconnecting because: The hub is gone.",
      );
    equal(describeSession({ state: "stopped" }), "stopped");
    equal(describeSession({ state: "stopped", error }), "stopped");
  });

  it("gives no address for other machines on loopback", () => {
    deepEqual(listenAddresses("127.0.0.1", 1, false), []);
    deepEqual(listenAddresses("localhost", 1, false), []);
    deepEqual(listenAddresses("::1", 1, false), []);
    deepEqual(listenAddresses("192.168.1.5", 5567, false), ["http://192.168.1.5:5567"]);
    deepEqual(listenAddresses("fd00::5", 5567, true), ["https://[fd00::5]:5567"]);
  });

  it("does not call a hub this machine's alone because no network is there yet", () => {
    const hub = { url: "http://127.0.0.1:5567", port: 5567, fingerprint: undefined };
    const unstored = { data: undefined, warning: undefined };
    const facts = { self: "llm-rooms", hub, open: false, allowedHosts: [], ...unstored };
    const unplugged = hubWelcome({ ...facts, host: "0.0.0.0", addresses: [] });
    match(unplugged, /Other machines may reach it/);
    match(unplugged, /nothing is encrypted/);
    doesNotMatch(unplugged, /Only this machine/);
    const alone = { ...facts, host: "127.0.0.1", addresses: [] };
    match(hubWelcome(alone), /Only this machine reaches the hub; --host/);
    match(
      hubWelcome({ ...alone, allowedHosts: ["hub.lan"] }),
      /Only this machine reaches the hub; a reverse proxy on it lets teammates in as hub\.lan\.\n/,
    );
  });
});

describe("what the demo shares", () => {
  const provider = (name: string, ...models: string[]): ProviderInfo => ({
    endpoint: "http://127.0.0.1:11434",
    name,
    models,
    capabilities: { openResponses: "unknown", chatCompletions: "supported" },
  });

  it("is up to three models that chat, of the first provider that has some", () => {
    const found = [
      provider("Empty", "nomic-embed-text"),
      provider("Ollama", "a", "bge-embed", "b", "c", "d"),
    ];
    deepEqual(
      offersOf(found)?.map(({ model, nickname }) => `${nickname}: ${model}`),
      ["Ollama here: a", "Ollama here: b", "Ollama here: c"],
    );
  });

  it("is the built-in demo where no provider has any", () => {
    equal(offersOf([]), undefined);
    equal(offersOf([provider("Empty", "nomic-embed-text")]), undefined);
  });
});
