import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

describe("hub: events", () => {
  let t: TestHub;
  let code: string;
  let logs: EventLog[];
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
    logs = [];
  });
  afterEach(async () => {
    for (const log of logs) log.stop();
    await t.hub.close();
  });

  const watch = async (path = paths.events(code)) => {
    const log = await watchEvents(t.url + path);
    logs.push(log);
    return log;
  };
  const from = async () => {
    const log = await watch();
    await log.next("connected");
    return log;
  };

  it("E1: begins with connected and a whole snapshot", async () => {
    await joinRaw(t, code, "p1");
    const log = await watch();
    assert.match(log.headers.get("content-type") ?? "", /^text\/event-stream/);
    const { data, roomCode, timestamp } = await log.next("connected");
    assert.equal(roomCode, code);
    assert.equal(timestamp, t.clock.now());
    assert.ok(data.clientId, "Gambi's terminal UI reads the list only then");
    assert.equal(data.room?.code, code);
    assert.deepEqual(data.participants, (await t.ask("GET", paths.participants(code))).body.data);
  });

  it("E1: is found at the inference plane's path as well", async () => {
    const log = await watch(`/rooms/${code}/events`);
    assert.equal((await log.next("connected")).roomCode, code);
    const head = await fetch(t.url + paths.events(code), { method: "HEAD" });
    assert.equal(head.status, 200);
  });

  it("E2: each change is told once, in order, and a repetition not at all", async () => {
    const log = await from();
    await t.register(code, "p1");
    await t.register(code, "p1");
    const p = await joinRaw(t, code, "p1", { card: { nickname: "Eve" } });
    for (let i = 0; i < 3; i++) await t.heartbeat(code, "p1");
    t.clock.advance(9_000);
    p.socket.close();
    await log.next("participant.joined");
    assert.equal((await log.next("participant.updated")).data.nickname, "Eve");
    assert.equal((await log.next("participant.updated")).data.status, "online");
    assert.equal((await log.next("participant.updated")).data.status, "offline");
    assert.deepEqual((await log.next("participant.offline")).data, { participantId: "p1" });
    await t.ask("DELETE", paths.participant(code, "p1"));
    assert.deepEqual((await log.next("participant.left")).data, { participantId: "p1" });
    assert.deepEqual(log.events, []);
  });

  it("E2: offline is told once, however long it lasts", async () => {
    const p = await joinRaw(t, code);
    const log = await from();
    t.clock.advance(25_000);
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    t.clock.advance(25_000);
    await log.next("participant.offline");
    p.socket.close();
    // Its status stays; that the connection went is a change of its own.
    assert.equal((await log.next("participant.updated")).data.connection.connected, false);
    t.clock.advance(60_000);
    await t.register(code, "marker");
    await log.next("participant.joined");
    assert.deepEqual(log.events, []);
  });

  it("E2: a room's events reach its own watchers only", async () => {
    const other = await t.makeRoom();
    const log = await from();
    await t.register(other, "p1");
    await t.register(code, "p2");
    assert.equal((await log.next("participant.joined")).data.id, "p2");
  });

  it("E3: tells status, connection and capacity as they change", async () => {
    const p = await joinRaw(t, code);
    const log = await from();
    const answer = t.chat(code);
    const request = await p.nextRequest();
    assert.equal((await log.next("participant.updated")).data.status, "busy");
    p.answer(request, {});
    await answer;
    assert.equal((await log.next("participant.updated")).data.status, "online");
    await t.heartbeat(code, "p1", { capacity: 4 });
    assert.equal((await log.next("participant.updated")).data.capacity, 4);
    p.send({ type: "tunnel.status", status: "busy", active: 0 });
    assert.equal((await log.next("participant.updated")).data.status, "busy");
    p.socket.close();
    const last = (await log.next("participant.updated")).data;
    assert.equal(last.connection.connected, false);
    assert.equal(last.status, "offline");
  });

  it("E4: a request has one end, and no event holds what was said", async () => {
    const p = await joinRaw(t, code);
    const log = await from();
    const ends: string[] = [];
    const run = async (act: (request: Awaited<ReturnType<typeof p.nextRequest>>) => void) => {
      const answer = t.chat(code, { messages: [{ role: "user", content: "prompt-77" }] });
      act(await p.nextRequest());
      await (await answer).text();
      const begun = await log.next("llm.request");
      await eventually(() => log.types.some((type) => type === "llm.complete" || type === "llm.error"));
      const end = log.events.find(({ type }) => type === "llm.complete" || type === "llm.error");
      assert.ok(end && "requestId" in end.data);
      assert.equal(end.data.requestId, begun.data.requestId);
      assert.equal(begun.data.participantId, "p1");
      assert.equal(begun.data.protocol, "chatCompletions");
      ends.push(end?.type ?? "");
      assert.doesNotMatch(JSON.stringify(log.events), /prompt-77|answer-88/);
      log.events.splice(0);
    };
    await run((request) => p.answer(request, { text: "answer-88" }));
    await run((request) => p.fail(request));
    await run((request) => p.answer(request, { error: { message: "answer-88" } }, 500));
    await run((request) => {
      p.start(request);
      p.chunk(request, "answer-88");
      p.end(request);
      p.end(request);
      p.fail(request);
    });
    assert.deepEqual(ends, ["llm.complete", "llm.error", "llm.error", "llm.complete"]);
    await t.register(code, "marker");
    await log.next("participant.joined");
    assert.ok(!log.types.some((type) => type.startsWith("llm.")));
  });

  it("E5: comments keep a quiet stream alive", async () => {
    const log = await watch();
    t.clock.advance(9_999);
    t.clock.advance(1);
    await eventually(() => log.comments.length === 1);
    t.clock.advance(20_000);
    await eventually(() => log.comments.length === 3);
    assert.deepEqual(log.types, ["connected"]);
  });

  it("E6: a watcher that does not read is dropped, and nobody else notices", async () => {
    const small = await startHub({ limits: { watcherBytes: 16 * 1024 } });
    try {
      const room = await small.makeRoom();
      const deaf = new RawHttp(small.hub.port);
      deaf.write(`GET ${paths.events(room)} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await eventually(() => deaf.received.includes("connected"));
      deaf.socket.pause();
      const log = await watchEvents(small.url + paths.events(room));
      await log.next("connected");
      await small.register(room, "p1");
      const armed = small.clock.pendingTimers;
      const config = { stop: Array.from({ length: 16 }, () => "s".repeat(200)) };
      let sent = 0;
      // The network's own buffers take a few megabytes before the hub's begins to fill.
      await eventually(
        async () => {
          for (let i = 0; i < 200; i++, sent++) await small.register(room, `p${sent}`, { config });
          return small.clock.pendingTimers < armed;
        },
        { timeoutMs: 60_000 },
      );
      await small.register(room, "last");
      await eventually(() =>
        log.events.some(({ type, data }) => type === "participant.joined" && data.id === "last"),
      );
      assert.equal(log.ended, false);
      log.stop();
      deaf.socket.destroy();
    } finally {
      await small.hub.close();
    }
  }).timeout(90_000);

  it("E6: no more watch a room than the limit", async () => {
    const small = await startHub({ limits: { watchersPerRoom: 1 } });
    try {
      const room = await small.makeRoom();
      const log = await watchEvents(small.url + paths.events(room));
      assert.equal((await fetch(small.url + paths.events(room))).status, 429);
      log.stop();
      const again = await eventually(async () => {
        const next = await fetch(small.url + paths.events(room));
        return next.ok ? next : false;
      });
      await again.body?.cancel();
    } finally {
      await small.hub.close();
    }
  });
});
