import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { heldBytes } from "../support/heldBytes";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { askChat, type Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

const DONE = "data: [DONE]\n\n";
const sse = { "content-type": "text/event-stream" };
/** What a request was asked with, to see whose turn it was. */
const promptOf = ({ body }: RawRequest): string => body.messages[0].content;
const saying = (content: string) => ({ messages: [{ role: "user", content }] });

describe("hub: queue", () => {
  let t: TestHub;
  let code: string;
  let log: EventLog | undefined;
  const start = async (limits: Record<string, number> = {}) => {
    t = await startHub({ limits });
    code = await t.makeRoom();
  };
  beforeEach(() => start());
  afterEach(async () => {
    log?.stop();
    log = undefined;
    await t.hub.close();
  });

  /** Asks while somebody is busy, and waits until it stands in the queue: so tests know the order. */
  const queued = async (
    body: Record<string, unknown>,
    options: { address?: string } = {},
  ): Promise<Requester> => {
    const asked = askChat(t, code, body, options);
    await eventually(() => asked.comments.length > 0);
    return asked;
  };
  /** Makes the participant busy. @returns what frees it. */
  const occupy = async (p: RawParticipant, model = "*"): Promise<() => void> => {
    const answer = t.chat(code, { model });
    const request = await p.nextRequest();
    return () => {
      p.answer(request, { ok: true });
      void answer.then((it) => it.text());
    };
  };
  const finish = (p: RawParticipant, request: RawRequest) => p.answer(request, DONE, 200, sse);

  it("Q1: a request for a busy participant waits, and is served when it is free", async () => {
    const p = await joinRaw(t, code);
    const free = await occupy(p);
    const plain = t.chat(code);
    const streamed = await queued({ ...saying("second"), model: "p1" });
    assert.equal(p.requests.length, 0);
    free();
    p.answer(await p.nextRequest(), { n: 1 });
    const answer = await plain;
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get("x-room-participant"), "p1");
    assert.deepEqual(await answer.json(), { n: 1 });
    finish(p, await p.nextRequest());
    assert.deepEqual((await streamed.whole()).data, ["[DONE]"]);
    assert.equal((await t.participant(code, "p1")).status, "online");
  });

  it("Q1: whoever is free first takes it: a newcomer, one that is back, one with another model or more capacity", async () => {
    const p = await joinRaw(t, code, "p1", { card: { model: "a" } });
    await occupy(p);
    await queued({ model: "a", ...saying("newcomer") });
    const q = await joinRaw(t, code, "p2", { card: { model: "a" } });
    assert.equal(promptOf(await q.nextRequest()), "newcomer");

    await queued({ model: "*", ...saying("other model") });
    const r = await joinRaw(t, code, "p3", { card: { model: "b" } });
    const request = await r.nextRequest();
    assert.equal(promptOf(request), "other model");
    finish(r, request);
    await queued({ model: "a", ...saying("changed card") });
    await t.register(code, "p3", { model: "a" });
    assert.equal(promptOf(await r.nextRequest()), "changed card");

    await queued({ model: "a", ...saying("capacity") });
    await t.register(code, "p3", { model: "a", capacity: 2 });
    assert.equal(promptOf(await r.nextRequest()), "capacity");
  });

  it("Q1: several waiting requests are taken at once where there are places for them", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 2 } });
    await t.heartbeat(code, "p1", { status: "busy" });
    for (const content of ["1", "2", "3"]) await queued(saying(content));
    await t.heartbeat(code, "p1", { status: "online" });
    assert.equal(promptOf(await p.nextRequest()), "1");
    const second = await p.nextRequest();
    assert.equal(promptOf(second), "2");
    await t.heartbeat(code, "p1");
    assert.equal(p.requests.length, 0);
    finish(p, second);
    assert.equal(promptOf(await p.nextRequest()), "3");
  });

  it("Q2: turns go round addresses, at each address round identities, in order for each", async () => {
    const p = await joinRaw(t, code);
    const free = await occupy(p);
    const from = (address: string) => ({ address });
    for (const n of [1, 2, 3]) await queued({ ...saying(`a${n}`), user: "ann" }, from("127.0.0.2"));
    await queued({ ...saying("b1"), user: "ben" }, from("127.0.0.2"));
    for (const n of [1, 2]) await queued(saying(`c${n}`), from("127.0.0.3"));
    free();
    const served: string[] = [];
    for (let n = 0; n < 6; n++) {
      const request = await p.nextRequest();
      served.push(promptOf(request));
      finish(p, request);
    }
    assert.deepEqual(served, ["a1", "c1", "b1", "c2", "a2", "a3"]);
  });

  it("Q2: what waits for one participant holds up nobody who means another", async () => {
    const p = await joinRaw(t, code, "p1");
    const q = await joinRaw(t, code, "p2");
    await occupy(p, "p1");
    const free = await occupy(q, "p2");
    await queued({ model: "p1", ...saying("for p1") });
    const second = await queued({ model: "p2", ...saying("for p2") });
    assert.deepEqual(second.comments, ["queued 1"]);
    free();
    assert.equal(promptOf(await q.nextRequest()), "for p2");
    assert.equal(p.requests.length, 0);
  });

  it("Q3: a full queue refuses with 429, and gives a place to whoever has fewer", async () => {
    await t.hub.close();
    await start({ maxQueue: 3 });
    const p = await joinRaw(t, code);
    const free = await occupy(p);
    const flood: Requester[] = [];
    for (const n of [1, 2, 3]) flood.push(await queued(saying(`flood ${n}`), { address: "127.0.0.2" }));
    const refused = await askChat(t, code, {}, { address: "127.0.0.2" }).whole();
    assert.equal(refused.status, 429);
    assert.equal(JSON.parse(refused.text).error.code, "queue_full");
    assert.ok(Number(refused.headers["retry-after"]) > 0);
    await queued(saying("guest"), { address: "127.0.0.3" });
    // It had been told that it waits: what it is told now is an event.
    const pushedOut = await (flood[2] as Requester).whole();
    assert.equal(pushedOut.status, 200);
    assert.equal(JSON.parse(pushedOut.data[0] ?? "").error.code, "queue_full");
    free();
    for (const expected of ["flood 1", "guest", "flood 2"]) {
      const request = await p.nextRequest();
      assert.equal(promptOf(request), expected);
      finish(p, request);
    }
  });

  it("Q3: what waits in a room is bounded in bytes too", async () => {
    await t.hub.close();
    await start({ maxQueue: 4, queuePlaceBytes: 1_000 });
    const p = await joinRaw(t, code);
    await occupy(p);
    await queued(saying("x".repeat(2_500)));
    const long = await askChat(t, code, saying("x".repeat(2_500))).whole();
    assert.equal(long.status, 429, "three places each, and there are four");
    await queued(saying("short"));
  });

  it("Q3: a short body that comes without its length takes one place", async () => {
    await t.hub.close();
    await start({ maxQueue: 8 });
    const p = await joinRaw(t, code);
    await occupy(p);
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "hi" }], stream: true });
    const chunked = `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`;
    const asked: RawHttp[] = [];
    for (let n = 0; n < 8; n++) {
      const raw = new RawHttp(t.hub.port);
      raw.write(
        `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`,
      );
      asked.push(raw);
      await eventually(() => assert.match(raw.received, new RegExp(`: queued ${n + 1}`)));
    }
    for (const { socket } of asked) socket.destroy();
  });

  it("Q3: a long prompt that waits costs the hub itself, and no copy of it", async () => {
    const p = await joinRaw(t, code);
    const free = await occupy(p);
    const before = heldBytes();
    const length = 16 * 1024 * 1024;
    const asked = await queued(saying("x".repeat(length)));
    const cost = await eventually(() => {
      const bytes = heldBytes() - before;
      assert.ok(bytes < 1.5 * length, `${bytes} bytes`);
      return bytes;
    });
    assert.ok(cost > 0.5 * length, "it is kept, or the test sees nothing");
    free();
    finish(p, await p.nextRequest());
    await asked.whole();
  });

  it("Q4: a stream that waits is told its place at once and when it changes, and so are watchers", async () => {
    const p = await joinRaw(t, code);
    const first = t.chat(code);
    const request = await p.nextRequest();
    log = await watchEvents(t.url + paths.events(code));
    const one = await queued(saying("1"));
    const two = await queued({ ...saying("2"), model: "p1" });
    assert.deepEqual([one.comments, two.comments], [["queued 1"], ["queued 2"]]);
    assert.match(one.headers["content-type"] ?? "", /^text\/event-stream/);
    const told = await log.next("llm.queued");
    assert.deepEqual(told.data, { requestId: one.headers["x-request-id"], position: 1 });
    assert.deepEqual((await log.next("llm.queued")).data, {
      requestId: two.headers["x-request-id"],
      participantId: "p1",
      position: 2,
    });
    t.clock.advance(8_000);
    p.answer(request, { ok: true });
    await first;
    const next = await p.nextRequest();
    await eventually(() => assert.deepEqual(two.comments, ["queued 2", "queued 1, about 8 s"]));
    const { data } = await log.next("llm.queued");
    assert.deepEqual([data.position, data.estimatedWaitMs], [1, 8_000]);
    assert.equal(one.headers["x-room-waiting"], "1");
    p.start(next, 200, { "content-type": "text/event-stream" });
    p.chunk(next, ": participant somebody-else\n\ndata: [DONE]\n\n");
    p.end(next);
    await one.whole();
    const hubs = ["queued 1", "participant p1", "answer"];
    assert.deepEqual(one.comments.slice(0, 3), hubs, "its headers were gone by then");
    finish(p, await p.nextRequest());
    await two.whole();
  });

  it("Q4: changes are told together, once a second at most", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 5 } });
    await t.heartbeat(code, "p1", { status: "busy" });
    for (let n = 0; n < 5; n++) await queued(saying(`${n}`));
    const last = await queued(saying("last"));
    await t.heartbeat(code, "p1", { status: "online" });
    for (let n = 0; n < 5; n++) await p.nextRequest();
    assert.deepEqual(last.comments, ["queued 6"]);
    t.clock.advance(1_000);
    await eventually(() => assert.deepEqual(last.comments, ["queued 6", "queued 1"]));
  });

  it("Q5: who waits too long is refused with 429: a status, or an event where a comment was sent", async () => {
    await t.hub.close();
    await start({ queueTimeoutMs: 20_000 });
    log = await watchEvents(t.url + paths.events(code));
    const p = await joinRaw(t, code);
    await occupy(p);
    const plain = askChat(t, code, { stream: false });
    await log.next("llm.queued");
    const streamed = await queued({});
    t.clock.advance(19_000);
    assert.equal(plain.ended || streamed.ended, false);
    t.clock.advance(1_000);
    await plain.whole();
    assert.equal(plain.status, 429);
    assert.equal(JSON.parse(plain.text).error.code, "queue_timeout");
    assert.ok(Number(plain.headers["retry-after"]) > 0);
    await streamed.whole();
    assert.equal(streamed.data.length, 1);
    assert.equal(JSON.parse(streamed.data[0] ?? "").error.code, "queue_timeout");
    assert.equal(p.requests.length, 0);
  });

  it("Q5: those who wait for one that left are refused at once, for one that is lost after a heartbeat", async () => {
    const p = await joinRaw(t, code, "p1");
    const q = await joinRaw(t, code, "p2");
    await occupy(p, "p1");
    await occupy(q, "p2");
    const gone = await queued({ model: "p1" });
    const lost = await queued({ model: "p2" });
    const any = await queued({ model: "any" });
    await t.ask("DELETE", paths.participant(code, "p1"));
    await gone.whole();
    assert.equal(JSON.parse(gone.data[0] ?? "").error.code, "model_not_found");
    q.socket.terminate();
    await eventually(async () => assert.equal((await t.participant(code, "p2")).status, "offline"));
    t.clock.advance(9_000);
    assert.equal(lost.ended || any.ended, false);
    t.clock.advance(1_000);
    await lost.whole();
    await any.whole();
    assert.equal(JSON.parse(lost.data[0] ?? "").error.code, "participant_tunnel_not_connected");
    assert.equal(JSON.parse(any.data[0] ?? "").error.code, "participant_tunnel_not_connected");
  });

  it("Q5: a participant that is back within a heartbeat finds those who wait for it", async () => {
    const p = await joinRaw(t, code);
    await occupy(p);
    await queued({ model: "p1", ...saying("patient") });
    p.socket.terminate();
    await eventually(async () => assert.equal((await t.participant(code, "p1")).status, "offline"));
    t.clock.advance(5_000);
    const back = await joinRaw(t, code);
    assert.equal(promptOf(await back.nextRequest()), "patient");
  });

  it("Q5: a hub that closes says so to those who wait", async () => {
    const p = await joinRaw(t, code);
    await occupy(p);
    const waiting = t.chat(code, { model: "p1" });
    const streamed = await queued({});
    await t.hub.close();
    const answer = await waiting;
    assert.equal(answer.status, 503);
    assert.match(await answer.text(), /"hub_closing"/);
    await streamed.whole();
    assert.equal(JSON.parse(streamed.data[0] ?? "").error.code, "hub_closing");
    assert.equal(t.clock.pendingTimers, 0);
  });

  it("Q6: a requester that leaves leaves the queue, also behind another request on its connection", async () => {
    const p = await joinRaw(t, code);
    const free = await occupy(p);
    const leaving = await queued(saying("left"));
    const staying = await queued(saying("stays"));
    log = await watchEvents(t.url + paths.events(code));
    const body = JSON.stringify({ model: "*", ...saying("pipelined"), stream: true });
    const head = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: ${body.length}`;
    const pipelined = new RawHttp(t.hub.port);
    pipelined.write(`${head}\r\n\r\n${body}`.repeat(2));
    await log.next("llm.queued");
    leaving.leave();
    pipelined.socket.destroy();
    await eventually(() => {
      t.clock.advance(1_000);
      assert.equal(staying.comments.at(-1), "queued 1");
    });
    free();
    const request = await p.nextRequest();
    assert.equal(promptOf(request), "stays");
    finish(p, request);
    await staying.whole();
    await eventually(async () => assert.equal((await t.participant(code, "p1")).status, "online"));
    assert.equal(p.requests.length, 0);
  });
});
