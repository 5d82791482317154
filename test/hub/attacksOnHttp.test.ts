import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

/** What an attacker would have the hub take for a request of its own. */
const smuggled =
  'POST /v1/rooms HTTP/1.1\r\nHost: localhost\r\nContent-Length: 19\r\n\r\n{"name":"smuggled"}';
const hidden = `POST /v1/rooms/XXXXXX/token HTTP/1.1\r\nHost: localhost\r\n`;

describe("hub: attacks on HTTP", () => {
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

  const raw = (text: string) => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    return client.write(text);
  };
  const names = async () =>
    (await t.ask("GET", paths.rooms)).body.data.map(({ name }: { name: string }) => name);
  const answered = async (text: string) => {
    const client = raw(text);
    await eventually(() => client.status !== undefined || client.socket.destroyed);
    return client.status;
  };

  for (const [what, text] of [
    [
      "a length and chunks",
      `${hidden}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      "chunks and a length",
      `${hidden}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ["two lengths", `${hidden}Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`],
    ["a list of lengths", `${hidden}Content-Length: 0, ${smuggled.length}\r\n\r\n${smuggled}`],
    ["a length with a sign", `${hidden}Content-Length: +0\r\n\r\n${smuggled}`],
    ["a length in hexadecimal", `${hidden}Content-Length: 0x0\r\n\r\n${smuggled}`],
    ["an unknown coding", `${hidden}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    [
      "chunks that are not the last coding",
      `${hidden}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    [
      "chunks twice",
      `${hidden}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
    ],
    ["a space before a colon", `${hidden}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ["a folded line", `${hidden}X-A: b\r\n Content-Length: 0\r\n\r\n${smuggled}`],
    ["bare line feeds", `${hidden}Content-Length: 0\n\n${smuggled}`],
    ["a bare carriage return", `${hidden}X-A: b\rContent-Length: 0\r\n\r\n${smuggled}`],
    ["a chunk of no number", `${hidden}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n${smuggled}`],
    [
      "a chunk of endless size",
      `${hidden}Transfer-Encoding: chunked\r\n\r\n${"f".repeat(17)}\r\n${smuggled}`,
    ],
    ["a chunk with a bare line feed", `${hidden}Transfer-Encoding: chunked\r\n\r\n0\n\n${smuggled}`],
    ["a header of no name", `${hidden}: chunked\r\nContent-Length: 0\r\n\r\n${smuggled}`],
    ["a zero byte", `${hidden}X-A: \0\r\nContent-Length: 0\r\n\r\n${smuggled}`],
  ] as const) {
    it(`L2: ${what}: refused, and what stands behind is no request`, async () => {
      const client = raw(text);
      await client.closed;
      assert.ok(client.status === undefined || client.status >= 400, client.received);
      assert.deepEqual(await names(), ["Team"]);
    });
  }

  it("L2: chunks with endless extensions are refused", async () => {
    const client = raw(`${hidden}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(40_000)}\r\n`);
    await client.closed;
    assert.ok((client.status ?? 0) >= 400, client.received);
  });

  it("M14: HEAD is answered without a body, on an event stream too", async () => {
    for (const path of [paths.health, paths.room(code), paths.events(code), paths.models(code)]) {
      const client = raw(`HEAD ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      await client.closed;
      assert.equal(client.status, 200, path);
      assert.equal(client.received.split("\r\n\r\n")[1], "", path);
    }
  });

  it("M14: TRACE repeats nothing, CONNECT connects nowhere, and made-up methods do nothing", async () => {
    const p = await joinRaw(t, code);
    const secret = "Authorization: Bearer repeat-me";
    for (const method of ["TRACE", "OPTIONS", "PROPFIND", "PURGE", "PATCH", "QUERY"]) {
      const client = raw(
        `${method} ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\n${secret}\r\nX-HTTP-Method-Override: POST\r\nConnection: close\r\n\r\n`,
      );
      await client.closed;
      assert.ok((client.status ?? 0) >= 400, `${method} ${client.status}`);
      assert.doesNotMatch(client.received, /repeat-me/);
    }
    for (const target of [`127.0.0.1:${t.hub.port}`, "evil.example:443", paths.health]) {
      const client = raw(`CONNECT ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
      await client.closed;
      assert.notEqual(client.status, 200, target);
    }
    assert.deepEqual(p.requests, []);
  });

  it("M14: offers of another protocol right behind each other end nothing but their connection", async () => {
    const offer = (method: string, target: string, body = "") =>
      `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const plain = `GET ${paths.health} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const guess = offer("POST", paths.roomToken("AAAAAA"), '{"password":"guess"}');
    for (const packet of [
      offer("GET", paths.health).repeat(2),
      guess + offer("GET", paths.health),
      plain + offer("GET", paths.health),
    ]) {
      const client = raw(packet);
      await eventually(() => client.received !== "" || client.socket.destroyed);
      client.write(plain);
      await eventually(() => client.socket.destroyed || /200 OK.*200 OK/s.test(client.received));
      client.socket.destroy();
      assert.equal((await t.ask("GET", paths.health)).status, 200);
    }
  });

  it("M14: an upgrade behind a request that is not answered yet ends nothing but its own connection", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 8 } });
    const { tunnel } = await t.register(code, "p2");
    const body = JSON.stringify({ model: "p1", stream: true, messages: [{ role: "user", content: "x" }] });
    const chat = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const webSocket = `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${"a".repeat(22)}==\r\n`;
    for (const [target, upgrade] of [
      [paths.health, "h2c"],
      [paths.chatCompletions(code), "websocket"],
      [`${paths.tunnel(code, "p2")}?token=wrong`, "websocket"],
      [`${paths.tunnel(code, "p2")}?token=${tunnel.token}`, "websocket"],
    ] as const) {
      const client = raw(
        `${chat}GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\n${webSocket}\r\n`,
      );
      const request = await p.nextRequest();
      p.start(request, 200, { "content-type": "text/event-stream" });
      for (let n = 0; n < 5; n++) p.chunk(request, "data: 1\n\n");
      p.end(request);
      await eventually(() => client.received !== "" || client.socket.destroyed);
      client.socket.destroy();
      await eventually(async () => (await t.participant(code, "p1")).status === "online");
    }
    assert.equal((await t.ask("GET", paths.health)).status, 200);
  });

  it("M14: names of JavaScript's own are rooms, ids and routes that are not there", async () => {
    for (const name of ["__proto__", "constructor", "hasOwnProperty", "toString"]) {
      for (const path of [
        paths.room(name),
        `/v1/rooms/${name}/participants`,
        `/rooms/${name}/v1/models`,
        `${paths.responses(code)}/${name}`,
        `/${name}`,
      ]) {
        assert.equal((await t.ask("GET", path)).status, 404, path);
      }
      assert.equal((await t.ask("POST", paths.heartbeat(code, name))).status, 404, name);
      assert.equal((await t.chat(code, { model: name })).status, 404, name);
    }
  });

  it("M12: __proto__ and constructor in a body are fields like others", async () => {
    const nasty = '"__proto__":{"isAdmin":true,"password":"x"},"constructor":{"prototype":{"isAdmin":true}}';
    const made = await t.ask("POST", paths.rooms, `{"name":"nasty","defaults":{${nasty}},${nasty}}`);
    assert.equal(made.status, 201);
    assert.equal(made.body.data.room.passwordProtected, false);
    const card = `{"nickname":"n","model":"m","endpoint":"http://localhost:1","specs":{${nasty}},"config":{${nasty}},${nasty}}`;
    assert.equal((await t.ask("PUT", paths.participant(code, "p9"), card)).status, 201);
    assert.doesNotMatch(JSON.stringify(await t.participant(code, "p9")), /isAdmin/);
    const p = await joinRaw(t, code, "p1");
    const chat = `{"model":"p1","messages":[{"role":"user","content":"x",${nasty}}],${nasty}}`;
    const answer = t.ask("POST", paths.chatCompletions(code), chat);
    const request = await p.nextRequest();
    assert.equal(request.body.model, "llama3");
    p.answer(request, `{"choices":[],${nasty}}`);
    assert.equal((await answer).status, 200);
    assert.equal(({} as Record<string, unknown>).isAdmin, undefined);
  });

  it("M6: an id that looks like a path stays one id, and one that no URL can name is refused", async () => {
    const body = JSON.stringify({ nickname: "n", model: "m", endpoint: "http://localhost:1" });
    const put = (id: string) =>
      answered(
        `PUT ${paths.participants(code)}/${id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      );
    for (const id of ["..", ".", "%2e%2e", "%2e", ".%2E"]) {
      const status = (await put(id)) ?? 0;
      assert.ok(status === 400 || status === 404 || status === 405, `${id}: ${status}`);
    }
    for (const id of ["%00", "a%00b", "%0d%0aset-cookie:x", "%E2%80%AE", "%20", "x".repeat(201)]) {
      assert.equal(await put(id), 400, id);
    }
    assert.deepEqual((await t.ask("GET", paths.participants(code))).body.data, []);
    for (const id of ["..%2f", "..%2F..%2Fother", "a%2fb", "%2e%2e%2fp1%2fheartbeat", "a%3Fb%23c", "%25"]) {
      assert.equal(await put(id), 201, id);
      const path = paths.participant(code, decodeURIComponent(id));
      assert.equal((await t.ask("PUT", path, body)).status, 200, id);
      assert.equal((await t.ask("POST", `${path}/heartbeat`)).status, 200, id);
      assert.equal((await t.ask("DELETE", path)).status, 200, id);
    }
  });

  it("M15: the whole address of another host leads nowhere, whatever Host says", async () => {
    for (const target of [
      `http://evil.example${paths.rooms}`,
      `https://localhost.evil.example${paths.rooms}`,
      `http://localhost@evil.example${paths.rooms}`,
      `//evil.example${paths.rooms}`,
      `ftp://evil.example${paths.rooms}`,
    ]) {
      const client = raw(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
      await client.closed;
      assert.ok((client.status ?? 0) >= 400, `${target}: ${client.received}`);
    }
  });
});
