import { deepEqual, doesNotMatch, equal, match, rejects } from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { HubClient } from "../../src/client/hubClient";
import { CliRunner } from "../support/cliRunner";
import { startFakeProvider } from "../support/fakeProvider";

describe("llm-rooms hub", () => {
  const cli = new CliRunner();
  afterEach(() => cli.dispose());

  it("prints its URL as one line of JSON, and nothing else", async () => {
    const { cli: hub, url } = await cli.startHub();
    match(url, /^http:\/\/127\.0\.0\.1:\d+$/);
    equal((await new HubClient(url).health()).status, "ok");
    await hub.kill("SIGTERM");
    equal(hub.stdout, `${JSON.stringify({ url })}\n`);
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    it(`ends well and leaves its port at ${signal}, with a room, a watcher and a half-open client`, async () => {
      const { cli: hub, url } = await cli.startHub();
      const { room } = await new HubClient(url).createRoom({ name: "Team" });
      const events = await fetch(`${url}/v1/rooms/${room.code}/events`);
      equal(events.status, 200);
      const socket = connect(Number(new URL(url).port), "127.0.0.1").on("error", () => {});
      await once(socket, "connect");
      socket.write("GET /v1/rooms HTTP/1.1\r\n");
      deepEqual(await hub.kill(signal), { code: 0, signal: null });
      socket.destroy();
      await events.body?.cancel().catch(() => {});
      await rejects(fetch(`${url}/v1/health`));
      equal(hub.stderr, "");
    });
  }

  it("O5: tells whoever pressed Ctrl+C what it waits for", async () => {
    const provider = await startFakeProvider({ models: ["holds"] });
    const hub = cli.startAtKeyboard(["hub", "--port", "0", "--open", "--drain", "60"], { types: true });
    const [, url = ""] = await hub.shows(/listens at (\S+)/);
    const { room } = await new HubClient(url).createRoom({ name: "Team" });
    const share = cli.start(["share", "--hub", url, "--room", room.code, "--endpoint", provider.url]);
    await share.shows(/^online$/m);
    const asked = fetch(`${url}/rooms/${room.code}/v1/chat/completions`, {
      method: "POST",
      body: JSON.stringify({ model: "any", messages: [{ role: "user", content: "Hello" }] }),
    });
    await provider.waitForRequest(({ body }) => /Hello/.test(JSON.stringify(body)));
    hub.child.stdin?.write("\u0003");
    await hub.shows(/1 request is under way: answers may finish, for 60 s at most; Ctrl\+C again/);
    provider.release();
    equal((await asked).status, 200);
    equal((await hub.exited).code, 0);
    await provider.close();
  });

  it("says so where the port is taken", async () => {
    const { url } = await cli.startHub();
    const second = await cli.run(["hub", "--port", new URL(url).port]);
    equal(second.exit.code, 1);
    equal(second.stdout, "");
    match(second.stderr, new RegExp(new URL(url).port));
    doesNotMatch(second.stderr, /\n\s+at /);
  });

  it("says so where an address is none of this machine", async () => {
    for (const host of ["fe80::1", "[::1]", "203.0.113.9"]) {
      const { exit, stderr } = await cli.run(["hub", "--port", "0", "--host", host]);
      equal(exit.code, 1);
      match(stderr, /is not an address of this machine\.\nUse 127\.0\.0\.1/);
    }
  });

  it("says where it listens and what to do next; on loopback without a warning", async () => {
    const hub = cli.start(["hub", "--port", "0"]);
    await hub.shows(/Ctrl\+C/);
    match(hub.stdout, /listens at http:\/\/127\.0\.0\.1:\d+/);
    match(hub.stdout, / create --/);
    doesNotMatch(hub.stdout, /Warning/);
    await hub.kill("SIGTERM");
  });

  it("warns that it has no password of its own where other machines reach it", async () => {
    const hub = cli.start(["hub", "--port", "0", "--host", "0.0.0.0"]);
    await hub.shows(/Ctrl\+C/);
    match(hub.stdout, /Warning: nothing is encrypted/);
    await hub.kill("SIGTERM");
  });

  it("lives on where nobody reads its output, and ends when idle", async () => {
    // 0.05 minutes: long enough to connect once, short enough to wait for.
    const { cli: hub, url } = await cli.startHub(["--exit-when-idle", "0.05"]);
    hub.child.stdout?.destroy();
    equal((await new HubClient(url).health()).status, "ok");
    equal((await hub.exited).code, 0);
    await rejects(fetch(`${url}/v1/health`));
  });
});
