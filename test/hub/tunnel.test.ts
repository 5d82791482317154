import assert from "node:assert/strict";
import { MAX_FRAME_BYTES } from "../../src/protocol/constants";
import { encodeFrame } from "../../src/protocol/frames";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, RawParticipant } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

describe("hub: tunnel", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  const connected = async (id = "p1") => (await t.participant(code, id)).connection.connected;
  /** The status with which the hub answers an upgrade. */
  const upgrade = async (path: string) => {
    const client = new RawHttp(t.hub.port);
    client.write(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"a".repeat(22)}==\r\n\r\n`,
    );
    const status = await eventually(() => client.status ?? false);
    client.socket.destroy();
    return status;
  };

  it("T1: opens once with its token", async () => {
    const { tunnel } = await t.register(code, "p1");
    const path = paths.tunnel(code, "p1");
    assert.equal((await t.ask("GET", `${path}?token=wrong`)).status, 401);
    assert.equal((await t.ask("GET", path)).status, 400);
    assert.equal((await t.ask("GET", `${path}?token=${tunnel.token}`)).status, 426);
    assert.equal(await upgrade(`${path}?token=wrong`), 401);
    assert.equal(await upgrade(path), 400);
    assert.equal(await upgrade(`${paths.tunnel(code, "p2")}?token=${tunnel.token}`), 404);
    assert.equal(await upgrade(`${paths.tunnel("NOROOM", "p1")}?token=${tunnel.token}`), 404);
    assert.equal(await upgrade("/v1/elsewhere"), 404);
    await t.register(code, "p2");
    assert.equal(await upgrade(`${paths.tunnel(code, "p2")}?token=${tunnel.token}`), 401);
    assert.equal(await upgrade(`${path}?token=${tunnel.token}`), 101);
    assert.equal(await upgrade(`${path}?token=${tunnel.token}`), 401);
  });

  it("T1: a token is void after 60 s, and after a newer one", async () => {
    const path = paths.tunnel(code, "p1");
    // Else it would not be listed any more by then.
    await joinRaw(t, code, "p1");
    const first = (await t.register(code, "p1")).tunnel.token;
    const second = (await t.register(code, "p1")).tunnel.token;
    assert.equal(await upgrade(`${path}?token=${first}`), 401);
    t.clock.advance(60_000);
    assert.equal(await upgrade(`${path}?token=${second}`), 401);
    const third = (await t.register(code, "p1")).tunnel.token;
    t.clock.advance(59_000);
    assert.equal(await upgrade(`${path}?token=${third}`), 101);
  });

  it("T1: a removed participant's token opens nothing, also where the id is back", async () => {
    const { tunnel } = await t.register(code, "p1");
    await t.ask("DELETE", paths.participant(code, "p1"));
    await t.register(code, "p1");
    assert.equal(await upgrade(`${paths.tunnel(code, "p1")}?token=${tunnel.token}`), 401);
  });

  it("T2: a second tunnel supersedes the first, whose requests fail", async () => {
    const first = await joinRaw(t, code);
    const waiting = t.chat(code);
    await first.nextRequest();
    const second = await joinRaw(t, code);
    assert.equal((await first.closed).code, 1000);
    assert.equal((await waiting).status, 502);
    assert.equal(await connected(), true);
    const answer = t.chat(code);
    second.answer(await second.nextRequest(), { by: 2 });
    assert.deepEqual(await (await answer).json(), { by: 2 });
  });

  it("T3: the base's tunnel is offered nothing of ours, and pings are answered", async () => {
    const p = await joinRaw(t, code, "p1", { ours: false });
    assert.equal(p.socket.protocol, "");
    t.clock.advance(3_000);
    p.send({ type: "tunnel.ping", timestamp: 1 });
    assert.equal((await p.nextMessage("tunnel.pong")).timestamp, t.clock.now());
    assert.equal((await t.participant(code, "p1")).connection.lastTunnelSeenAt, t.clock.now());
  });

  it("T3: a base participant may send its JSON in binary frames", async () => {
    const p = await joinRaw(t, code, "p1", { ours: false });
    const send = (message: object) => p.sendBytes(Buffer.from(JSON.stringify(message)));
    send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    const answer = t.chat(code);
    const { requestId } = await p.nextRequest();
    send({ type: "tunnel.response.start", requestId, status: 200, headers: {} });
    const chunk = Buffer.from('{"a":"ü"}').toString("base64");
    send({ type: "tunnel.response.chunk", requestId, chunk });
    send({ type: "tunnel.response.end", requestId });
    assert.deepEqual(await (await answer).json(), { a: "ü" });
  });

  it("T4: binary frames carry both bodies, and several requests at once", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 2 } });
    assert.equal(p.socket.protocol, "llm-rooms.1");
    const answers = [t.chat(code, { user: "a" }), t.chat(code, { user: "b" })];
    const requests = [await p.nextRequest(), await p.nextRequest()];
    assert.notEqual(requests[0]?.n, requests[1]?.n);
    for (const request of requests) p.start(request, 200, { "content-type": "application/json" });
    for (const request of requests) p.chunk(request, '{"user":"');
    for (const request of requests) p.chunk(request, `${request.body.user}"}`);
    for (const request of requests) p.end(request);
    const users = await Promise.all(
      answers.map(async (each) => ((await (await each).json()) as { user: string }).user),
    );
    assert.deepEqual(users, ["a", "b"]);
  });

  it("T4: a long prompt does not delay another request's tokens", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 2 } });
    const small = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    const content = "x".repeat(20 * 1024 * 1024);
    const long = t.chat(code, { messages: [{ role: "user", content }] });
    p.start(request, 200, { "content-type": "text/event-stream" });
    const reader = (await small).body?.getReader();
    let bodyCame = false;
    const longRequest = p.nextRequest().then((each) => {
      bodyCame = true;
      return each;
    });
    p.chunk(request, "data: 1\n\n");
    await reader?.read();
    p.answer(await longRequest, {});
    assert.ok(bodyCame);
    assert.equal((await long).status, 200);
    p.end(request);
  });

  it("T6: what is no message closes the tunnel with 4003", async () => {
    const bad: (string | Uint8Array)[] = [
      "garbage",
      "[]",
      '{"no":"type"}',
      '{"type":"tunnel.ping","timestamp":"now"}',
      '{"type":"tunnel.response.end"}',
      Uint8Array.of(1, 2, 3),
      encodeFrame(0, Uint8Array.of(1)),
      encodeFrame(4_000_000_000, Uint8Array.of(1)),
    ];
    for (const [at, each] of bad.entries()) {
      const p = await joinRaw(t, code, `p${at}`);
      p.socket.send(each);
      assert.equal((await p.closed).code, 4003, String(each));
    }
    const base = await joinRaw(t, code, "base", { ours: false });
    base.sendBytes(encodeFrame(1, Uint8Array.of(1)));
    assert.equal((await base.closed).code, 4003);
  });

  it("T6: a type that the hub does not know yet is passed over", async () => {
    const p = await joinRaw(t, code);
    p.send({ type: "tunnel.credit", n: 1, bytes: 5 });
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    assert.equal(await connected(), true);
  });

  it("T6: a bad message of a request fails that request alone", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 5 } });
    const healthy = t.chat(code);
    const good = await p.nextRequest();
    const breakIt: ((request: Awaited<ReturnType<typeof p.nextRequest>>) => void)[] = [
      ({ requestId }) => p.send({ type: "tunnel.response.start", requestId, status: "fine" }),
      ({ requestId }) => p.send({ type: "tunnel.response.start", requestId, status: 99_999 }),
      (request) => p.chunk(request, "bytes before the start"),
      (request) => p.end(request),
      (request) => p.start(request, 101),
    ];
    for (const act of breakIt) {
      const waiting = t.chat(code);
      act(await p.nextRequest());
      assert.equal((await waiting).status, 502);
    }
    p.answer(good, { ok: 1 });
    assert.deepEqual(await (await healthy).json(), { ok: 1 });
  });

  it("T6: a frame over 1 MiB fails its own request", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, { "content-type": "text/event-stream" });
    const frame = Buffer.alloc(MAX_FRAME_BYTES + 1);
    frame.writeUInt32BE(request.n ?? 0);
    p.sendBytes(frame);
    assert.match(await (await waiting).text(), /data: \{"error"/);
    await p.nextMessage("tunnel.cancel");
    p.end(request);
    await eventually(async () => (await t.participant(code, "p1")).status === "online");
  });

  it("T6: an answer that begins twice fails once", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, { "content-type": "text/event-stream" });
    p.start(request, 500);
    p.end(request);
    assert.equal((await (await waiting).text()).match(/data:/g)?.length, 1);
    await eventually(async () => (await t.participant(code, "p1")).status === "online");
  });

  it("T6: a message beyond every limit closes the socket, and the hub lives", async () => {
    const p = await joinRaw(t, code);
    p.socket.send(Buffer.alloc(48 * 1024 * 1024));
    assert.equal((await p.closed).code, 1009);
    await eventually(async () => !(await connected()));
  });

  it("T7: a silent tunnel is closed with 4001 after 30 s; anything said keeps it", async () => {
    const p = await joinRaw(t, code);
    t.clock.advance(29_000);
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    t.clock.advance(29_000);
    assert.equal(await connected(), true);
    t.clock.advance(1_000);
    assert.equal((await p.closed).code, 4001);
    assert.equal(await connected(), false);
  });

  it("T7: the hub's own sleep does not count as a tunnel's silence", async () => {
    const p = await joinRaw(t, code);
    t.clock.leap(3_600_000);
    t.clock.stall(3_600_000);
    t.clock.advance(20_000);
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    assert.equal(await connected(), true);
  });

  it("T1: a tunnel that opens while the participant is removed is closed", async () => {
    const { tunnel } = await t.register(code, "p1");
    const p = new RawParticipant(tunnel.url, tunnel.token, true);
    await eventually(() => p.socket.readyState === p.socket.OPEN);
    await t.ask("DELETE", paths.participant(code, "p1"));
    assert.equal((await p.closed).code, 4002);
  });
});
