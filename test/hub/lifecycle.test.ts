import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import { createHub } from "../../src/hub/createHub";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const minuteMs = 60_000;

describe("hub: its own life", () => {
  it("M16: two hubs share nothing", async () => {
    const [a, b] = [await startHub(), await startHub()];
    try {
      const code = await a.makeRoom();
      await joinRaw(a, code);
      assert.equal((await b.ask("GET", paths.room(code))).status, 404);
      assert.deepEqual((await b.ask("GET", paths.rooms)).body.data, []);
    } finally {
      await Promise.all([a.hub.close(), b.hub.close()]);
    }
  });

  it("M16: closing ends tunnels, streams and requests, and leaves no timer and no socket", async () => {
    const t = await startHub();
    const code = await t.makeRoom();
    const ours = await joinRaw(t, code, "p1");
    const base = await joinRaw(t, code, "p2", { ours: false });
    const log = await watchEvents(t.url + paths.events(code));
    const waiting = t.chat(code, { model: "p1" });
    const streaming = await Promise.all([
      t.chat(code, { model: "p2", stream: true }),
      base.nextRequest().then((request) => {
        base.start(request, 200, { "content-type": "text/event-stream" });
        base.chunk(request, "data: 1\n\n");
      }),
      ours.nextRequest(),
    ]);
    const closing = t.hub.close();
    assert.equal(t.hub.close(), closing);
    await closing;
    assert.equal((await ours.closed).code, 1001);
    assert.equal((await base.closed).code, 1001);
    assert.equal((await waiting).status, 502);
    assert.match(await streaming[0].text(), /^data: 1\n\ndata: \{"error":/);
    await eventually(() => log.ended);
    assert.equal(t.clock.pendingTimers, 0);
    await assert.rejects(fetch(t.url));
  });

  it("M16: closes although a peer does not react", async () => {
    const t = await startHub();
    const halfRequest = new RawHttp(t.hub.port).write(
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n",
    );
    const silent = new RawHttp(t.hub.port);
    const code = await t.makeRoom();
    const p = await joinRaw(t, code);
    p.socket.pause();
    await t.hub.close();
    await Promise.all([halfRequest.closed, silent.closed]);
    assert.equal(t.clock.pendingTimers, 0);
    p.socket.terminate();
  });

  it("M16: says which port is taken", async () => {
    const t = await startHub();
    const { clock } = t;
    const armed = clock.pendingTimers;
    try {
      await assert.rejects(createHub({ port: t.hub.port, clock }), (error: unknown) => {
        assert.ok(error instanceof HumanError);
        assert.equal(error.code, "INVALID_INPUT");
        assert.match(error.message, new RegExp(String(t.hub.port)));
        return true;
      });
      assert.equal(clock.pendingTimers, armed);
      await assert.rejects(createHub({ host: "203.0.113.7" }), HumanError);
    } finally {
      await t.hub.close();
    }
  });

  it("M16: a hub for everyone is reached by this machine on 127.0.0.1", async () => {
    const t = await startHub({ host: "0.0.0.0" });
    try {
      assert.equal(t.url, `http://127.0.0.1:${t.hub.port}`);
      assert.equal((await t.ask("GET", paths.health)).status, 200);
    } finally {
      await t.hub.close();
    }
  });

  it("M16: fires idle once, when there was no request, watcher or tunnel for long enough", async () => {
    const clock = new FakeClock();
    const t = await startHub({ clock, idleTimeoutMs: minuteMs });
    let fired = 0;
    t.hub.onDidIdle(() => fired++);
    try {
      clock.advance(minuteMs - 1);
      const code = await t.makeRoom();
      clock.advance(minuteMs - 1);
      assert.equal(fired, 0);
      const p = await joinRaw(t, code);
      const log = await watchEvents(t.url + paths.events(code));
      clock.advance(20_000);
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
      clock.advance(20_000);
      p.socket.close();
      await p.closed;
      clock.advance(5 * minuteMs);
      assert.equal(fired, 0, "a watcher is a use");
      log.stop();
      // The hub hears of both ends a moment later.
      await eventually(() => {
        clock.advance(minuteMs);
        return fired === 1;
      });
      await t.ask("GET", paths.health);
      clock.advance(5 * minuteMs);
      assert.equal(fired, 1);
    } finally {
      await t.hub.close();
    }
    assert.equal(clock.pendingTimers, 0);
  });
});
