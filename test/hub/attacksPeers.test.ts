import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { rawAsk, rawRequest } from "../support/rawAsk";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { askChat, type Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const MAX_QUEUE = 8;

describe("hub: attacks by those who are in", () => {
  let t: TestHub;
  let code: string;
  const open: RawHttp[] = [];
  const asked: Requester[] = [];
  beforeEach(async () => {
    t = await startHub({ limits: { maxQueue: MAX_QUEUE, headersMs: 300, bodyBytes: 64 * 1024 } });
    code = await t.makeRoom();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    for (const each of asked.splice(0)) each.leave();
    await t.hub.close();
    await eventually(() => t.clock.pendingTimers === 0);
  });

  const ask = (text: string | Uint8Array) => rawAsk(t.hub.port, text);
  const chat = (address: string) => {
    const requester = askChat(t, code, {}, { address });
    asked.push(requester);
    return requester;
  };
  const alive = async () => assert.equal((await t.ask("GET", paths.health)).status, 200);

  it("I7: a participant's headers set nothing but what is named, and split no answer", async () => {
    const participant = await joinRaw(t, code);
    participant.serve((request) => {
      participant.start(request, 200, {
        "Content-Type": "application/json",
        "set-cookie": "session=evil",
        "access-control-allow-origin": "*",
        location: "http://evil.example",
        "transfer-encoding": "chunked",
        "content-length": "3",
        "content-encoding": "gzip",
        connection: "upgrade",
        "x-request-id": "evil",
        "x-room-participant": "evil",
        "openai-model": "a\r\nx-evil: 1\r\n\r\n<script>",
        "x-ratelimit-evil": "\u0000",
        "clear-site-data": "*",
        "content-security-policy": "default-src *",
      });
      participant.chunk(request, '{"ok":1}');
      participant.end(request);
    });
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "hi" }] });
    const { received, status } = await ask(rawRequest(`POST ${paths.chatCompletions(code)}`, [], body));
    assert.equal(status, 200);
    assert.match(received, /\{"ok":1\}/);
    assert.doesNotMatch(
      received,
      /evil|set-cookie|access-control|location|gzip|clear-site|default-src \*|content-length: 3\b/i,
    );
    assert.equal(received.match(/^x-request-id:/gim)?.length, 1);
    assert.equal(received.match(/HTTP\/1\.1 /g)?.length, 1);
  });

  it("I7: statuses that HTTP does not know fail their request alone", async () => {
    const participant = await joinRaw(t, code);
    for (const status of [0, -1, 99, 101, 100, 600, 1e9, Number.NaN, "200", null]) {
      const requester = chat("127.0.0.1");
      const request = await participant.nextRequest();
      participant.send({ type: "tunnel.response.start", requestId: request.requestId, status, headers: {} });
      await requester.whole();
      assert.ok((requester.status ?? 0) >= 500 || /"error"/.test(requester.text), String(status));
      participant.end(request);
    }
    await alive();
    const { connection, status } = await t.participant(code, "p1");
    assert.deepEqual([connection.connected, status], [true, "online"]);
  });

  it("T6: a participant answers nobody's request but its own", async () => {
    const [one, two] = [await joinRaw(t, code, "p1"), await joinRaw(t, code, "p2")];
    const requester = askChat(t, code, { model: "p1" });
    asked.push(requester);
    const request = await one.nextRequest();
    two.start(request, 200, { "content-type": "text/event-stream" });
    two.chunk({ ...request, n: undefined } as never, "data: forged\n\n");
    two.end(request);
    two.send({ type: "tunnel.ping", timestamp: 1 });
    await two.nextMessage("tunnel.pong");
    assert.equal(requester.status, undefined);
    one.start(request, 200, { "content-type": "text/event-stream" });
    one.chunk(request, "data: true\n\n");
    one.end(request);
    await requester.whole();
    assert.deepEqual(requester.data, ["true"]);
  });

  it("E1: what people call themselves cannot forge an event", async () => {
    const log = await watchEvents(t.url + paths.events(code));
    const nickname = "x\n\nevent: room.closed\ndata: {}\n\n";
    const answer = await t.ask("PUT", paths.participant(code, "p\n1"), {
      nickname,
      model: "m\u2028\r\ndata: 1",
      endpoint: "http://localhost:1",
    });
    // Refused or kept as text: both are safe, an event of its making is not.
    if (answer.status === 201) await log.next("participant.joined");
    await t.register(code, "p2");
    await log.next("participant.joined");
    assert.ok(!log.types.includes("room.closed"));
    assert.equal(log.ended, false);
    log.stop();
  });

  it("M12: names that JavaScript knows, and lists without end, are data like any other", async () => {
    for (const id of ["__proto__", "constructor", "toString", "hasOwnProperty"]) {
      const { status } = await t.ask("GET", paths.participant(code, id));
      assert.ok(status >= 400, id);
      const participant = await joinRaw(t, code, id);
      const requester = askChat(t, code, { model: id });
      asked.push(requester);
      participant.answer(await participant.nextRequest(), { ok: id });
      await requester.whole();
      participant.socket.close();
      await participant.closed;
    }
    const polluted =
      '{"name":"x","__proto__":{"access":"open","isAdmin":true},"constructor":{"prototype":{"isAdmin":true}}}';
    await ask(rawRequest(`POST ${paths.rooms}`, [], polluted));
    assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined);
    const deep = `{"model":"*","messages":${"[".repeat(30_000)}${"]".repeat(30_000)}}`;
    const answer = await ask(rawRequest(`POST ${paths.chatCompletions(code)}`, [], deep));
    assert.ok(answer.status !== undefined && answer.status >= 400 && answer.status < 500, answer.received);
    await alive();
  });

  it("M13: a body without end is cut off, whatever length it claims", async () => {
    const head = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\n`;
    const claimed = await ask(`${head}Content-Length: 99999999999\r\n\r\n{`);
    assert.equal(claimed.status, 413);
    const endless = new RawHttp(t.hub.port).write(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    open.push(endless);
    const piece = `4000\r\n${" ".repeat(0x4000)}\r\n`;
    for (let sent = 0; sent < 8; sent++) endless.write(piece);
    await endless.closed;
    assert.equal(endless.status, 413);
    await alive();
  });

  it("L1: a hundred that send their headers without end hold nobody up, and are given up", async () => {
    const slow = Array.from({ length: 100 }, () =>
      new RawHttp(t.hub.port).write("GET /v1/health HTTP/1.1\r\nHos"),
    );
    open.push(...slow);
    const drip = setInterval(() => {
      for (const { socket } of slow) if (socket.writable) socket.write("t");
    }, 50);
    try {
      await alive();
      await Promise.all(slow.map(({ closed }) => closed));
      assert.ok(slow.every(({ status }) => status === 408 || status === undefined));
    } finally {
      clearInterval(drip);
    }
  });

  it("Q2, Q3: whoever floods the queue takes no turn from somebody else", async () => {
    const participant = await joinRaw(t, code);
    const running = chat("127.0.0.5");
    const held = await participant.nextRequest();
    const flood = Array.from({ length: 5 * MAX_QUEUE }, () => chat("127.0.0.5"));
    await eventually(() => flood.filter(({ ended }) => ended).length === 4 * MAX_QUEUE);
    const honest = chat("127.0.0.6");
    await eventually(() => honest.comments.length > 0);
    assert.equal(honest.ended, false);
    participant.answer(held, { held: true });
    await running.whole();
    // One of the flood at most is before it: turns go round.
    for (let turn = 0; turn < 2; turn++) participant.answer(await participant.nextRequest(), { turn });
    await honest.whole();
    assert.equal(honest.status, 200);
    assert.ok(flood.every(({ status }) => status === undefined || status === 200 || status === 429));
  });

  it("M14, M15: CONNECT, upgrades to anything else and HTTP/2's first words leave no connection behind", async () => {
    const texts = [
      "CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      rawRequest("OPTIONS *"),
      rawRequest("GET /v1/health", ["Expect: 200-maybe"]),
      "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\n{}\r\n",
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: xchunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
      "GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX : y\r\n\r\n",
      "GET /v1/health HTTP/1.1\nHost: localhost\n\n",
    ];
    for (const text of texts) {
      const client = await ask(text);
      assert.ok(client.status === undefined || client.status >= 400, `${text}: ${client.received}`);
    }
    await alive();
  });
});
