import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { rawRequest } from "../support/rawAsk";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const sse = { "content-type": "text/event-stream" };

describe("hub: cancelling and deadlines", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub({ limits: { unsentBytes: 64 * 1024 } });
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  const statusOf = async () => (await t.participant(code, "p1")).status;
  const until = (status: string) => eventually(async () => assert.equal(await statusOf(), status));

  /** Sends a chat whose requester leaves when told. */
  const leaver = (stream: boolean) => {
    const abort = new AbortController();
    const answer = t.chat(code, { stream }, { signal: abort.signal }).then(
      (each) => each,
      () => undefined, // It left before an answer began.
    );
    return { leave: () => abort.abort(), answer };
  };

  for (const stream of [true, false]) {
    it(`I9: a requester that leaves is cancelled; free once confirmed (stream: ${stream})`, async () => {
      const p = await joinRaw(t, code);
      const log = await watchEvents(t.url + paths.events(code));
      const { leave } = leaver(stream);
      const request = await p.nextRequest();
      leave();
      assert.equal((await p.nextMessage("tunnel.cancel")).requestId, request.requestId);
      assert.equal((await log.next("llm.error")).data.stage, "cancelled");
      assert.equal(await statusOf(), "busy");
      p.fail(request, "stopped", "cancelled");
      await until("online");
      log.stop();
    });
  }

  it("I9: a requester that closes its half of the connection has left: it looks like one that closed all of it", async () => {
    const p = await joinRaw(t, code);
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "hi" }] });
    const text = rawRequest(`POST ${paths.chatCompletions(code)}`, [], body);
    const requester = new RawHttp(t.hub.port).write(text);
    const request = await p.nextRequest();
    requester.socket.end();
    assert.equal((await p.nextMessage("tunnel.cancel")).requestId, request.requestId);
    await requester.closed;
    p.fail(request, "stopped", "cancelled");
    await until("online");
  });

  it("T5: a stream that is being answered is cancelled as well", async () => {
    const p = await joinRaw(t, code);
    const { leave, answer } = leaver(true);
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, "data: 1\n\n");
    await answer;
    leave();
    assert.equal((await p.nextMessage("tunnel.cancel")).requestId, request.requestId);
    p.chunk(request, "data: 2\n\n");
    p.end(request);
    await until("online");
  });

  it("I9: a participant that does not confirm counts as free after 5 s", async () => {
    const p = await joinRaw(t, code);
    const { leave } = leaver(true);
    const request = await p.nextRequest();
    leave();
    await p.nextMessage("tunnel.cancel");
    t.clock.advance(4_999);
    assert.equal(await statusOf(), "busy");
    t.clock.advance(1);
    assert.equal(await statusOf(), "online");
    p.start(request);
    p.chunk(request, "late");
    p.end(request);
    const again = t.chat(code);
    p.answer(await p.nextRequest(), { ok: 1 });
    assert.deepEqual(await (await again).json(), { ok: 1 });
  });

  it("I9: on the base's tunnel, free only at the end of its answer", async () => {
    const p = await joinRaw(t, code, "p1", { ours: false });
    const log = await watchEvents(t.url + paths.events(code));
    const { leave } = leaver(true);
    const request = await p.nextRequest();
    leave();
    await log.next("llm.error");
    t.clock.advance(20_000);
    assert.equal(await statusOf(), "busy");
    p.start(request, 200, sse);
    p.chunk(request, "data: 1\n\n");
    p.end(request);
    await until("online");
    assert.ok(!p.messages.some(({ type }) => type === "tunnel.cancel"));
    log.stop();
  });

  it("I9: a requester that does not read is cancelled once the hub holds too much for it", async () => {
    const p = await joinRaw(t, code);
    const body = JSON.stringify({ model: "*", stream: true, messages: [{ role: "user", content: "x" }] });
    const deaf = new RawHttp(t.hub.port);
    deaf.socket.pause();
    deaf.write(
      `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    const piece = Buffer.alloc(256 * 1024, 32);
    await eventually(() => {
      p.chunk(request, piece);
      return p.messages.some(({ type }) => type === "tunnel.cancel");
    });
    p.end(request);
    await until("online");
    deaf.socket.destroy();
  });

  it("I10: no first byte within 5 minutes is a 504, and frees the participant", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code);
    await p.nextRequest();
    const alive = async () => {
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
      await t.heartbeat(code, "p1");
    };
    for (let passed = 0; passed < 290; passed += 10) {
      t.clock.advance(10_000);
      await alive();
    }
    assert.ok(!p.messages.some(({ type }) => type === "tunnel.cancel"));
    t.clock.advance(10_000);
    const answer = await waiting;
    assert.equal(answer.status, 504);
    await p.nextMessage("tunnel.cancel");
    t.clock.advance(5_000);
    assert.equal(await statusOf(), "online");
  });

  it("I10: silence of 2 minutes ends a stream; less does not", async () => {
    const p = await joinRaw(t, code);
    const log = await watchEvents(t.url + paths.events(code));
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, "data: 1\n\n");
    const answer = await waiting;
    const step = async () => {
      t.clock.advance(10_000);
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
      await t.heartbeat(code, "p1");
    };
    for (let i = 0; i < 11; i++) await step();
    p.chunk(request, "data: 2\n\n");
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    for (let i = 0; i < 11; i++) await step();
    assert.ok(!p.messages.some(({ type }) => type === "tunnel.cancel"));
    await step();
    assert.match(
      await answer.text(),
      /data: 1\n\n(: waiting\n\n)*data: 2\n\n(: waiting\n\n)*data: \{"error"/,
    );
    assert.equal((await log.next("llm.error")).data.stage, "timeout");
    await p.nextMessage("tunnel.cancel");
    log.stop();
  });

  it("I10: silence after the very first piece ends a stream no later", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, "data: 1\n\n");
    const answer = await waiting;
    for (let i = 0; i < 12; i++) {
      assert.ok(!p.messages.some(({ type }) => type === "tunnel.cancel"));
      t.clock.advance(10_000);
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
      await t.heartbeat(code, "p1");
    }
    await p.nextMessage("tunnel.cancel");
    assert.match(await answer.text(), /data: \{"error"/);
  });

  it("I10: the hub's own sleep is nobody's silence", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, "data: 1\n\n");
    const answer = await waiting;
    t.clock.leap(3_600_000);
    t.clock.stall(3_600_000);
    t.clock.advance(9_000);
    p.chunk(request, "data: 2\n\n");
    p.end(request);
    assert.equal((await answer.text()).replaceAll(": waiting\n\n", ""), "data: 1\n\ndata: 2\n\n");
  });

  it("I10: what comes after a request's end is dropped", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code);
    const request = await p.nextRequest();
    p.answer(request, { ok: 1 });
    p.chunk(request, "late");
    p.start(request, 500);
    p.fail(request);
    p.end(request);
    assert.deepEqual(await (await waiting).json(), { ok: 1 });
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    assert.equal(await statusOf(), "online");
  });

  it("E5: a stream that waits is kept alive by comments, and an error then is an event", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    t.clock.advance(20_000);
    const answer = await waiting;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-room-participant"), "p1");
    p.answer(request, { error: { message: "no such model", type: "x" } }, 404);
    assert.equal(
      await answer.text(),
      ': waiting\n\n: waiting\n\ndata: {"error":{"message":"no such model","type":"x"}}\n\n',
    );
  });

  it("E5: an answer in one piece that comes after the first comment is an error that says so", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    t.clock.advance(10_000);
    const answer = await waiting;
    p.answer(request, { choices: [{ message: { content: "hi" } }] });
    assert.match(
      await answer.text(),
      /^: waiting\n\ndata: \{"error":\{"message":"The provider did not stream/,
    );
  });

  it("S2: nobody is heard in the future of a clock that was set back", async () => {
    await joinRaw(t, code);
    await t.heartbeat(code, "p1");
    t.clock.leap(-3_600_000);
    t.clock.advance(32_000);
    assert.equal((await t.participant(code, "p1")).status, "offline");
  });

  it("E5: comments never stand inside a provider's event", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    t.clock.advance(10_000);
    const answer = await waiting;
    p.start(request, 200, sse);
    p.chunk(request, 'data: {"a"');
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    t.clock.advance(10_000);
    p.chunk(request, ":1}\n\n");
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    t.clock.advance(10_000);
    p.end(request);
    assert.equal(await answer.text(), ': waiting\n\n: answer\n\ndata: {"a":1}\n\n: waiting\n\n');
  });

  it("E5: an event's end is seen however it was cut, and whichever line ends it has", async () => {
    const p = await joinRaw(t, code);
    for (const end of ["\n\n", "\r\n\r\n", "\r\r"]) {
      await t.heartbeat(code, "p1");
      const waiting = t.chat(code, { stream: true });
      const request = await p.nextRequest();
      p.start(request, 200, sse);
      for (const letter of `data: 1${end}`) p.chunk(request, letter);
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
      t.clock.advance(10_000);
      p.chunk(request, `data: 2${end.slice(1)}`);
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
      t.clock.advance(10_000);
      p.end(request);
      assert.equal(await (await waiting).text(), `data: 1${end}: waiting\n\ndata: 2${end.slice(1)}`);
    }
  });
});
