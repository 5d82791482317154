import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { RecordedLog } from "../support/recordedLog";
import { startHub, type TestHub } from "../support/startHub";

const handshake = (path: string, key = `${"a".repeat(22)}==`) =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;

describe("hub: hostile peers", () => {
  let t: TestHub;
  let code: string;
  let log: RecordedLog;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    log = new RecordedLog();
    t = await startHub({ logger: log });
    code = await t.makeRoom();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  const raw = (text: string | Uint8Array = "") => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    return client.write(text);
  };
  const isOnline = () =>
    eventually(async () => assert.equal((await t.participant(code, "p1")).status, "online"));
  const alive = async () => assert.equal((await t.ask("GET", paths.health)).status, 200);

  it("M12: garbage in place of HTTP is refused, and nobody else notices", async () => {
    const bad = [
      "hello\r\n\r\n",
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00]),
      "GET / HTTP/9.9\r\nHost: localhost\r\n\r\n",
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
    ];
    for (const each of bad) {
      const client = raw(each);
      await client.closed;
      assert.ok(client.status === undefined || client.status >= 400, String(each));
    }
    await alive();
  });

  it("M12: headers without end are refused with 431", async () => {
    const client = raw(`GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX: ${"x".repeat(100_000)}\r\n`);
    await client.closed;
    assert.equal(client.status, 431);
    await alive();
  });

  it("M12: targets that are no path get an answer", async () => {
    for (const target of [
      "/%",
      "/v1/rooms/%E0%A4%A",
      "//",
      "/v1/rooms/..%2f..",
      "*",
      "http://evil.example/v1/health",
      "/v1/rooms/\u00ff",
    ]) {
      const client = raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await eventually(() => client.status !== undefined);
      assert.ok((client.status ?? 0) < 500, `${target}: ${client.status}`);
    }
    await alive();
  });

  it("M12: a body that breaks off or never ends holds nobody up", async () => {
    const head = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{"model"`;
    for (let i = 0; i < 20; i++) raw(head);
    raw(head).socket.end();
    raw(head).socket.resetAndDestroy();
    await alive();
    const p = await joinRaw(t, code);
    const answer = t.chat(code);
    p.answer(await p.nextRequest(), {});
    assert.equal((await answer).status, 200);
  });

  it("I9: a requester that resets its connection before, while and after its answer harms nobody", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 8 } });
    const body = JSON.stringify({ model: "*", stream: true, messages: [{ role: "user", content: "x" }] });
    const request = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const before = raw(request);
    const first = await p.nextRequest();
    before.socket.resetAndDestroy();
    await p.nextMessage("tunnel.cancel");
    p.end(first);
    const during = raw(request);
    const second = await p.nextRequest();
    p.start(second, 200, { "content-type": "text/event-stream" });
    p.chunk(second, "data: 1\n\n");
    await eventually(() => during.received.includes("data: 1"));
    during.socket.resetAndDestroy();
    for (let i = 0; i < 50; i++) p.chunk(second, "data: more\n\n");
    await p.nextMessage("tunnel.cancel");
    p.end(second);
    const after = raw(request);
    const third = await p.nextRequest();
    p.answer(third, "data: 1\n\n");
    await eventually(() => after.received.includes("data: 1"));
    after.socket.resetAndDestroy();
    await eventually(async () => (await t.participant(code, "p1")).status === "online");
    await alive();
  });

  it("I9: a second request on a connection waits its turn, and leaves with it", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 2 } });
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "x" }] });
    const request = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const client = raw(request + request);
    for (const n of [1, 2]) p.answer(await p.nextRequest(), `{"n":${n}}`);
    await eventually(() => client.received.includes('{"n":2}'));
    assert.match(client.received, /\{"n":1\}.*\{"n":2\}/s);
    client.write(request + request);
    await p.nextRequest();
    client.socket.destroy();
    await p.nextMessage("tunnel.cancel");
    await isOnline();
    assert.equal(p.requests.length, 0);
  });

  it("L8: a connection on which too many requests wait, or a long one, ends with the answers before", async () => {
    const p = await joinRaw(t, code);
    const request = (length: number) => {
      const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "x".repeat(length) }] });
      return `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    };
    for (const [packet, served] of [
      [request(1).repeat(40), 17],
      [request(1) + request(20_000) + request(1), 1],
    ] as const) {
      const client = raw(packet);
      for (let n = 0; n < served; n++) p.answer(await p.nextRequest(), `{"n":${n}}`);
      await client.closed;
      assert.equal(client.received.match(/HTTP\/1\.1 200/g)?.length, served);
      assert.ok(client.received.includes(`{"n":${served - 1}}`));
      await isOnline();
      assert.equal(p.requests.length, 0);
    }
  });

  it("L8: what is no HTTP behind a request that is being served is not answered in its place", async () => {
    const p = await joinRaw(t, code);
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "x" }] });
    const chat = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const client = raw(chat);
    await p.nextRequest();
    client.write("garbage\r\n\r\n");
    await client.closed;
    assert.equal(client.received, "");
    await p.nextMessage("tunnel.cancel");
  });

  it("L8: a connection on which requests come without end ends, and the one that is served with it", async () => {
    const p = await joinRaw(t, code);
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "x" }] });
    const client = raw(
      `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await p.nextRequest();
    client.write(`GET ${paths.health} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(200));
    await client.closed;
    await p.nextMessage("tunnel.cancel");
  });

  it("L8: lists asked for in one packet by somebody who reads nothing are made one at a time", async () => {
    for (let n = 0; n < 200; n++)
      await t.register(code, `p${n}`, { nickname: "n".repeat(200), model: "m".repeat(200) });
    const client = raw(`GET ${paths.participants(code)} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(1_000));
    client.socket.pause();
    const before = process.memoryUsage().rss;
    for (let n = 0; n < 10; n++) assert.equal((await t.ask("GET", paths.health)).status, 200);
    assert.ok(process.memoryUsage().rss - before < 60 * 1024 * 1024);
  });

  it("E6: watchers that queue up on one connection are one, and leave with it", async () => {
    const limited = await startHub({ limits: { watchersPerRoom: 2 } });
    const room = await limited.makeRoom();
    const path = paths.events(room);
    const client = new RawHttp(limited.hub.port);
    client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(3));
    await eventually(() => client.status === 200);
    const watch = async () => {
      const watching = new AbortController();
      const { status } = await fetch(limited.url + path, { signal: watching.signal });
      return { status, leave: () => watching.abort() };
    };
    const other = await watch();
    assert.equal(other.status, 200);
    assert.equal((await watch()).status, 429);
    client.socket.destroy();
    await eventually(async () => (await watch()).status === 200);
    await limited.hub.close();
  });

  it("T1: a broken handshake opens nothing", async () => {
    const fresh = async () => (await t.register(code, "p1")).tunnel.token;
    const path = async () => `${paths.tunnel(code, "p1")}?token=${await fresh()}`;
    for (const text of [
      handshake(await path(), "short"),
      handshake(await path()).replace("Version: 13", "Version: 7"),
      handshake(await path()).replace("websocket", "h2c"),
      handshake(await path()).replace("GET", "POST"),
    ]) {
      const client = raw(text);
      await eventually(() => client.status !== undefined);
      assert.ok((client.status ?? 0) >= 400, client.received);
    }
    assert.equal((await t.participant(code, "p1")).connection.connected, false);
    await alive();
  });

  it("T6: bytes that are no WebSocket frames close the tunnel", async () => {
    const { tunnel } = await t.register(code, "p1");
    const client = raw(handshake(`${paths.tunnel(code, "p1")}?token=${tunnel.token}`));
    await eventually(() => client.status === 101);
    // Unmasked, with reserved bits: wrong twice.
    client.write(Uint8Array.of(0xff, 0x05, 1, 2, 3, 4, 5));
    await client.closed;
    await eventually(async () => !(await t.participant(code, "p1")).connection.connected);
    await alive();
  });

  it("T7: a half-open tunnel is given up", async () => {
    const { tunnel } = await t.register(code, "p1");
    const client = raw(handshake(`${paths.tunnel(code, "p1")}?token=${tunnel.token}`));
    await eventually(() => client.status === 101);
    client.socket.pause();
    t.clock.advance(30_000);
    assert.equal((await t.participant(code, "p1")).connection.connected, false);
  });

  it("T6: the log names the sender of a bad message, and quotes nothing", async () => {
    const p = await joinRaw(t, code, "p1");
    p.send("my secret prompt");
    await p.closed;
    assert.match(log.text, /malformed.*"participant":"p1"/);
    assert.doesNotMatch(log.text, /secret/);
  });
});
