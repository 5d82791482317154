import { deepEqual, equal, match } from "node:assert/strict";
import { CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";

describe("what programs read of llm-rooms", () => {
  let cli: CliRunner;
  let provider: FakeProvider;
  let hubFlags: string[];
  beforeEach(async () => {
    cli = new CliRunner();
    provider = await startFakeProvider({ models: ["llama3:8b", "holds"] });
    hubFlags = [];
  });
  afterEach(async () => {
    await cli.dispose();
    await provider.close();
  });

  async function share(model: string) {
    const { url } = await cli.startHub(hubFlags);
    const env = { LLM_ROOMS_HUB: url };
    await cli.run(["create", "--name", "Team"], { env });
    const args = ["share", "--json", "--model", model, "--nickname", "Ada", "--endpoint", provider.url];
    const sharing = cli.start(args, { env });
    await sharing.shows(/"sharing"/);
    return { env, sharing };
  }

  it("a share is lines of JSON, one for each state", async () => {
    const { env, sharing } = await share("holds");
    const chat = cli.start(["chat", "Hello"], { env });
    await sharing.shows(/"active":1/);
    await chat.kill("SIGINT");
    await sharing.shows(/"active":1[\s\S]*"active":0/);
    equal((await sharing.kill("SIGINT")).code, 0);
    const states = sharing.stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    deepEqual(states[0], { state: "sharing", active: 0, paused: false });
    deepEqual(states.at(-1), { state: "stopped" });
  });

  it("a chat is one object, once its answer is whole; a stopped one prints nothing", async () => {
    const { env } = await share("llama3:8b");
    const { exit, stdout, stderr } = await cli.run(["chat", "--json", "Hello"], { env });
    equal(exit.code, 0, stderr);
    const answer = JSON.parse(stdout);
    match(answer.text, /\S/);
    match(answer.participantId, /^[\da-f]{24}$/);
    equal(answer.finishReason, "stop");
    equal(typeof answer.outputTokens, "number");
    equal(stderr, "");
  });

  it("a chat that was stopped prints nothing with --json", async () => {
    const { env, sharing } = await share("holds");
    const chat = cli.start(["chat", "--json", "Hello"], { env });
    await sharing.shows(/"active":1/);
    equal((await chat.kill("SIGINT")).code, 130);
    equal(chat.stdout, "");
  });

  it("a chat that waits says its place, on stderr; without a queue it is refused", async () => {
    const { env, sharing } = await share("holds");
    const first = cli.start(["chat", "one"], { env });
    await sharing.shows(/"active":1/);
    const second = cli.start(["chat", "two"], { env });
    await eventually(() => /number 1 in the queue/.test(second.stderr));
    equal(second.stdout, "");
    await Promise.all([first.kill("SIGINT"), second.kill("SIGINT")]);
  });

  it("a hub keeps to the limits that its flags give", async () => {
    hubFlags = ["--max-queue", "0", "--max-rooms", "1", "--max-participants", "1", "--queue-timeout", "5"];
    const { env, sharing } = await share("holds");
    const room = await cli.run(["create", "--name", "Second"], { env });
    equal(room.exit.code, 1);
    match(room.stderr, /no place for another room/);
    const first = cli.start(["chat", "one"], { env });
    await sharing.shows(/"active":1/);
    const second = await cli.run(["chat", "two"], { env });
    equal(second.exit.code, 1);
    match(second.stderr, /busy/);
    await first.kill("SIGINT");
  });
});
