import assert from "node:assert/strict";
import { Tunnel } from "../../src/hub/tunnel";
import type { CallHandler } from "../../src/hub/tunnelCall";
import { encodeFrame } from "../../src/protocol/frames";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { FakeTunnelSocket } from "../support/fakeTunnelSocket";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const KiB = 1024;
const MiB = 1024 * KiB;
const sse = { "content-type": "text/event-stream" };

/** A call whose answer has begun, on a tunnel without a socket. */
function begun(isOurs: boolean) {
  const socket = new FakeTunnelSocket();
  const clock = new FakeClock();
  const tunnel = new Tunnel(socket, { clock, isOurs, log: () => {} });
  const handler: CallHandler = { onStart() {}, onBytes() {}, onSettled() {}, onOver() {} };
  const ask = { operation: "chat.completions.create", method: "POST", path: "/v1/chat/completions" } as const;
  const call = tunnel.call({ requestId: "r1", stream: true, ...ask }, handler);
  tunnel.receive(
    JSON.stringify({ type: "tunnel.response.start", requestId: "r1", status: 200, headers: {} }),
  );
  const chunk = (bytes: number) => {
    const data = Buffer.alloc(bytes, ".");
    const message = { type: "tunnel.response.chunk", requestId: "r1", chunk: data.toString("base64") };
    tunnel.receive(isOurs ? encodeFrame(1, data) : JSON.stringify(message));
  };
  return { socket, clock, tunnel, call, chunk };
}

describe("hub: flow control, without a socket", () => {
  it("F1: the first grant follows its request at once; more is granted in steps, as the answer is taken", () => {
    const { socket, call, chunk } = begun(true);
    const grants = () => socket.messages.filter(({ type }) => type === "tunnel.credit");
    assert.deepEqual(
      socket.messages.map(({ type }) => type),
      ["tunnel.request", "tunnel.credit"],
    );
    assert.deepEqual(grants()[0], { type: "tunnel.credit", n: 1, bytes: 256 * KiB });
    for (let i = 0; i < 1_000; i++) {
      chunk(200);
      call.holds(0);
    }
    assert.ok(grants().length <= 4, `${grants().length} grants for 200,000 bytes`);
    const granted = grants().reduce((sum, { bytes }) => sum + Number(bytes), 0);
    assert.ok(granted <= 200_000 + 256 * KiB);
    const before = grants().length;
    chunk(200 * KiB);
    call.holds(200 * KiB);
    assert.equal(grants().length, before, "nothing for what waits here");
  });

  it("F1: whoever takes much is granted more ahead, an eighth of that and 4 MiB at most", () => {
    const { socket, call, chunk } = begun(true);
    const granted = () =>
      socket.messages.reduce(
        (sum, { type, bytes }) => sum + (type === "tunnel.credit" ? Number(bytes) : 0),
        0,
      );
    for (let taken = MiB / 4; taken <= 40 * MiB; taken += MiB / 4) {
      chunk(MiB / 4);
      call.holds(0);
      const ahead = granted() - taken;
      const window = Math.min(4 * MiB, Math.max(MiB / 4, taken / 8));
      assert.ok(ahead <= window && ahead >= (window * 3) / 4 - MiB / 4, `${ahead} after ${taken}`);
    }
    const before = granted();
    for (let n = 1; n <= 4; n++) {
      chunk(MiB - 4);
      call.holds(n * (MiB - 4));
    }
    assert.equal(granted(), before, "nothing for what waits here");
    assert.equal(socket.isPaused, false, "it was granted");
    chunk(MiB - 4);
    call.holds(5 * (MiB - 4));
    assert.equal(socket.isPaused, true);
  });

  it("F3: who sends more than was granted, or knows no grants, is not read until half of it is taken", () => {
    for (const isOurs of [true, false]) {
      const { socket, call, chunk } = begun(isOurs);
      chunk(MiB - 4);
      call.holds(MiB - 4);
      assert.equal(socket.isPaused, false);
      chunk(100);
      call.holds(MiB + 96);
      assert.equal(socket.isPaused, true);
      call.holds(MiB / 2 + 1);
      assert.equal(socket.isPaused, true);
      call.holds(MiB / 2);
      assert.equal(socket.isPaused, false);
    }
  });

  it("F3: whom the hub does not read is not silent, and gets pongs all the same", () => {
    const { socket, clock, tunnel, call, chunk } = begun(false);
    chunk(2 * MiB);
    call.holds(2 * MiB);
    clock.advance(60_000);
    assert.equal(tunnel.lastHeardAt, clock.now());
    assert.ok(socket.messages.some(({ type }) => type === "tunnel.pong"));
    call.cancel();
    assert.equal(socket.isPaused, false, "nobody waits for it any more");
    clock.advance(1_000);
    assert.equal(tunnel.lastHeardAt, clock.now() - 1_000);
    tunnel.close({ code: 1001, reason: "Hub shutting down." });
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("hub: flow control", () => {
  let t: TestHub;
  let code: string;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  const post = (version = "HTTP/1.1", stream = true, model = "*") => {
    const body = JSON.stringify({ model, stream, messages: [{ role: "user", content: "x" }] });
    const head = `POST ${paths.chatCompletions(code)} ${version}\r\nHost: localhost\r\n`;
    return `${head}Content-Length: ${body.length}\r\n\r\n${body}`;
  };
  const ask = (...how: Parameters<typeof post>) => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    return client.write(post(...how));
  };
  /** Sends pieces, each once the one before has left, until the hub reads no more. @returns the bytes that went out. */
  const flood = async (p: RawParticipant, request: RawRequest, maxBytes: number, piece: Buffer) => {
    let sent = 0;
    while (sent < maxBytes && p.socket.bufferedAmount < 4 * MiB) {
      p.chunk(request, piece);
      sent += piece.byteLength;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return sent;
  };

  it("F1: an error of which a waiting stream is told at its end is taken as it comes, however long it is", async () => {
    const p = await joinRaw(t, code);
    const client = ask();
    const request = await p.nextRequest();
    t.clock.advance(10_000);
    p.start(request, 500);
    for (let n = 0; n < 5; n++) p.chunk(request, Buffer.alloc(50 * KiB, "."));
    const granted = () =>
      p.messages.reduce((sum, { type, bytes }) => sum + (type === "tunnel.credit" ? Number(bytes) : 0), 0);
    await eventually(() => assert.ok(granted() > 256 * KiB));
    p.end(request);
    await eventually(() => assert.match(client.received, /The provider answered 500/));
  });

  for (const ours of [true, false]) {
    const kind = ours ? "one that ignores grants" : "a base participant";
    it(`F3: a flood for a requester that reads nothing is read no further than the network holds it, with ${kind}`, async () => {
      const p = await joinRaw(t, code, "p1", { ours });
      const deaf = ask();
      deaf.socket.pause();
      const request = await p.nextRequest();
      p.start(request, 200, sse);
      await flood(p, request, 4 * MiB, Buffer.alloc(64 * KiB, "."));
      const sent = await flood(p, request, 64 * MiB, Buffer.alloc(64 * KiB, "."));
      assert.ok(sent < 40 * MiB, `${sent / MiB} MiB were read`);
      assert.ok(!p.messages.some(({ type }) => type === "tunnel.cancel"));
    });
  }

  it("F4: pieces of one byte that wait for a requester cost their bytes only", async () => {
    const p = await joinRaw(t, code);
    const slow = ask();
    slow.socket.pause();
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    await flood(p, request, 7 * MiB, Buffer.alloc(256 * KiB, ":"));
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 100_000; i++) p.chunk(request, ":");
    slow.socket.resume();
    p.chunk(request, "the end");
    await eventually(() => slow.received.includes("the end"));
    assert.ok(process.memoryUsage().heapUsed - before < 100 * MiB);
  });

  it("F5: a requester that takes nothing for a minute is dropped, and its participant stopped", async () => {
    const p = await joinRaw(t, code);
    const deaf = ask();
    deaf.socket.pause();
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    await flood(p, request, 64 * MiB, Buffer.alloc(256 * KiB, "."));
    for (let i = 0; i < 5; i++) t.clock.advance(10_000);
    assert.ok(!p.messages.some(({ type }) => type === "tunnel.cancel"));
    t.clock.advance(10_000);
    await p.nextMessage("tunnel.cancel");
    p.end(request);
    await t.heartbeat(code, "p1");
    await eventually(async () => (await t.participant(code, "p1")).status === "online");
  });

  it("F5: a requester that goes on reading gets every byte, and its participant is not cut off", async () => {
    const p = await joinRaw(t, code);
    const slow = ask();
    slow.socket.pause();
    const request = await p.nextRequest();
    p.start(request, 200, { "content-type": "text/event-stream" });
    const sent = await flood(p, request, 32 * MiB, Buffer.alloc(256 * KiB, "."));
    t.clock.advance(59_000);
    slow.socket.resume();
    p.chunk(request, "last");
    p.end(request);
    await eventually(() => slow.received.endsWith("0\r\n\r\n"));
    const dots = slow.received.slice(slow.received.indexOf("\r\n\r\n")).match(/\.+/g)?.join("").length;
    assert.equal(dots, sent);
    assert.match(slow.received, /last\r\n0\r\n\r\n$/);
  });

  it("F5: a message of the base that is longer than the hub keeps for a slow reader reaches one who reads", async () => {
    const p = await joinRaw(t, code, "p1", { ours: false });
    const client = ask();
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    const long = "x".repeat(20 * MiB);
    p.chunk(request, `data: ${long}\n\n`);
    await eventually(() => client.received.length > long.length);
    p.end(request);
    await eventually(() => client.received.endsWith("0\r\n\r\n"));
    assert.equal(client.received.match(/x{2,}/g)?.join("").length, long.length);
  });

  for (const ends of [false, true]) {
    it(`L6: such messages share memory while nobody reads them, ${ends ? "ended or not" : "while they go on"}`, async () => {
      await t.hub.close();
      t = await startHub({ limits: { unsentBytesTogether: 24 * MiB, unsentBytesPerAddress: 16 * MiB } });
      code = await t.makeRoom();
      const log = await watchEvents(t.url + paths.events(code));
      const clients: RawHttp[] = [];
      for (let n = 0; n < 4; n++) {
        // Each has a participant of its own: one whose answer nobody reads is not read on.
        const p = await joinRaw(t, code, `p${n}`, { ours: false });
        const client = ask("HTTP/1.1", true, `p${n}`);
        client.socket.pause();
        clients.push(client);
        const request = await p.nextRequest();
        p.start(request, 200, sse);
        p.chunk(request, `data: ${"x".repeat(20 * MiB)}\n\n`);
        if (!ends) continue;
        p.end(request);
        p.send({ type: "tunnel.ping", timestamp: 1 });
        await p.nextMessage("tunnel.pong");
      }
      // Each takes 12 MiB more than any may: for a second there is no place.
      for (let n = 0; n < 3 && !ends; n++) await log.next("llm.error");
      log.stop();
      for (const client of clients) client.socket.resume();
      const whole = () => clients.filter(({ received }) => received.length > 20 * MiB).length;
      await eventually(() => assert.equal(whole(), 1));
      const cut = clients.filter(({ received }) => received.length <= 20 * MiB);
      await Promise.all(cut.map((client) => client.closed));
      assert.equal(whole(), 1);
    });
  }

  it("I7: on a pipelined connection each answer stays whole, and in the requests' order", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 2 } });
    const client = ask().write(post());
    const first = await p.nextRequest();
    p.start(first, 200, sse);
    p.chunk(first, "data: first\n\n");
    await eventually(() => client.received.includes("first"));
    assert.equal(p.requests.length, 0, "the second waits for the first one's end");
    p.chunk(first, "data: first, too\n\n");
    p.end(first);
    const second = await p.nextRequest();
    p.start(second, 200, sse);
    p.chunk(second, "data: second\n\n");
    p.chunk(second, "data: second's last\n\n");
    p.end(second);
    await eventually(() => client.received.endsWith("0\r\n\r\n") && client.received.includes("last"));
    const [, one = "", two = ""] = client.received.split("HTTP/1.1 200 OK");
    assert.deepEqual(one.match(/data: .*/g), ["data: first", "data: first, too"]);
    assert.deepEqual(two.match(/data: .*/g), ["data: second", "data: second's last"]);
  });

  it("I7: HTTP/1.0 gets the bytes without chunks, and a close as their end", async () => {
    const p = await joinRaw(t, code);
    const client = ask("HTTP/1.0");
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, "data: 1\n\n");
    await eventually(() => client.received.includes("1"));
    p.chunk(request, "data: 2\n\n");
    p.end(request);
    await client.closed;
    assert.ok(client.received.endsWith("\r\n\r\ndata: 1\n\ndata: 2\n\n"));
  });

  it("I9: a requester that closes its half of the connection has left", async () => {
    const p = await joinRaw(t, code);
    const client = ask();
    p.start(await p.nextRequest(), 200, sse);
    client.socket.end();
    await p.nextMessage("tunnel.cancel");
  });
});
