import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const poison = {
  "set-cookie": "session=stolen",
  location: "https://evil.example",
  refresh: "0; url=https://evil.example",
  "access-control-allow-origin": "*",
  "access-control-allow-credentials": "true",
  "transfer-encoding": "chunked, identity",
  "content-length": "3",
  "content-encoding": "gzip",
  connection: "close, upgrade",
  upgrade: "websocket",
  "keep-alive": "timeout=999999",
  trailer: "set-cookie",
  "www-authenticate": "Basic realm=password",
  "clear-site-data": '"*"',
  "service-worker-allowed": "/",
  "content-security-policy": "default-src *",
  "x-room-participant": "somebody-else",
  "x-request-id": "another",
  "x-accel-redirect": "/etc/passwd",
  "alt-svc": 'h2="evil.example:443"',
  "retry-after": "1\r\nset-cookie: injected=1",
  "openai-model": "m\nset-cookie: injected=2",
  "openai-version\r\nset-cookie": "injected=3",
  "x-ratelimit-limit": `${"9".repeat(2_000)}`,
  "": "nothing",
};

describe("hub: attacks by participants", () => {
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

  const requestText = (method: string, path: string, body = "") =>
    `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const chatText = (stream = false) =>
    requestText(
      "POST",
      paths.chatCompletions(code),
      JSON.stringify({ model: "*", stream, messages: [{ role: "user", content: "x" }] }),
    );
  const raw = (text: string) => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    return client.write(text);
  };
  /** Whether the connection is still at the place where the next answer begins. */
  const isInStep = async (client: RawHttp) => {
    const before = client.received.length;
    client.write(requestText("GET", paths.health));
    await eventually(() => client.received.includes('"status":"ok"', before));
    assert.match(client.received.slice(before), /^HTTP\/1\.1 200 OK\r\n/);
  };

  it("I7: no header of a participant's splits an answer, sets a cookie, redirects or reframes it", async () => {
    const p = await joinRaw(t, code);
    for (const stream of [false, true]) {
      const client = raw(chatText(stream));
      const request = await p.nextRequest();
      p.start(request, 200, poison);
      p.chunk(request, "data: 1\n\n");
      p.end(request);
      await eventually(() => client.received.endsWith("0\r\n\r\n"));
      const [head = "", body = ""] = client.received.split("\r\n\r\n");
      assert.doesNotMatch(head, /cookie|injected|evil|access-control|gzip|realm|content-length|upgrade|999/i);
      assert.match(head, /x-room-participant: p1\r\n/i);
      assert.match(head, /content-security-policy: sandbox/i);
      assert.match(body, /data: 1/);
      await isInStep(client);
    }
  });

  for (const ours of [true, false]) {
    it(`I7: an empty piece ends no answer and breaks none, on ${ours ? "our" : "the base's"} tunnel`, async () => {
      const p = await joinRaw(t, code, "p1", { ours });
      const client = raw(chatText(true));
      const request = await p.nextRequest();
      p.start(request, 200, { "content-type": "text/event-stream" });
      p.chunk(request, "");
      for (const text of ["data: 1\n\n", "data: 2\n\n"]) {
        p.chunk(request, text);
        await eventually(() => client.received.includes(text));
        p.chunk(request, "");
        p.send({ type: "tunnel.ping", timestamp: 1 });
        await p.nextMessage("tunnel.pong");
      }
      p.end(request);
      await eventually(() => client.received.endsWith("0\r\n\r\n"));
      const [, body] = client.received.split(/\r\n\r\n(.*)/s);
      assert.equal(body, "9\r\ndata: 1\n\n\r\n9\r\ndata: 2\n\n\r\n0\r\n\r\n");
      await isInStep(client);
    });
  }

  for (const status of [204, 205, 304]) {
    it(`I7: ${status} has no body, whatever its participant sends`, async () => {
      const p = await joinRaw(t, code);
      const client = raw(chatText());
      const request = await p.nextRequest();
      p.start(request, status, poison);
      p.chunk(request, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      p.end(request);
      await eventually(() => client.received.includes("\r\n\r\n"));
      assert.equal(client.status, status);
      await isInStep(client);
    });
  }

  for (const status of [100, 101, 102, 103, 199]) {
    it(`I5: ${status} is no answer: asked for a completion, and about a response`, async () => {
      const p = await joinRaw(t, code);
      const make = raw(requestText("POST", paths.responses(code), '{"model":"*","input":"x"}'));
      p.answer(await p.nextRequest(), { id: "resp_1", object: "response", status: "completed" });
      await eventually(() => make.received.includes("resp_1"));
      for (const text of [chatText(), requestText("GET", `${paths.responses(code)}/resp_1`)]) {
        const client = raw(text);
        const request = await p.nextRequest();
        p.start(request, status, { upgrade: "websocket", connection: "upgrade" });
        p.chunk(request, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        p.end(request);
        await eventually(() => client.status !== undefined);
        assert.equal(client.status, 502);
        await eventually(() => client.received.includes('"error"'));
        await isInStep(client);
      }
    });
  }

  it("I12: nobody takes over the response that another made by giving its own the same id", async () => {
    const p = await joinRaw(t, code, "p1");
    const q = await joinRaw(t, code, "p2");
    const make = async (who: string, maker: RawParticipant) => {
      const answer = t.ask("POST", paths.responses(code), { model: who, input: "x" });
      maker.answer(await maker.nextRequest(), { id: "resp_1", object: "response", status: "completed" });
      assert.equal((await answer).status, 200);
    };
    const askedOf = async (maker: RawParticipant) => {
      const answer = t.ask("GET", `${paths.responses(code)}/resp_1`);
      maker.answer(await maker.nextRequest(), { id: "resp_1" });
      return (await answer).headers.get("x-room-participant");
    };
    await make("p1", p);
    await make("p2", q);
    assert.equal(await askedOf(p), "p1");
    await t.ask("DELETE", paths.participant(code, "p1"));
    await make("p2", q);
    assert.equal(await askedOf(q), "p2");
  });

  it("T6: statuses that are none, and headers that are no texts, fail their own request", async () => {
    const p = await joinRaw(t, code);
    for (const start of [
      { status: 0 },
      { status: 99 },
      { status: 600 },
      { status: 200.5 },
      { status: "200" },
      { status: null },
      { status: 200, headers: { a: 1 } },
      { status: 200, headers: [["a", "b"]] },
    ]) {
      const answer = t.chat(code);
      const { requestId } = await p.nextRequest();
      p.send({ type: "tunnel.response.start", requestId, headers: {}, ...start });
      assert.equal((await answer).status, 502, JSON.stringify(start));
      p.end({ requestId } as RawRequest);
    }
    assert.equal((await t.participant(code, "p1")).connection.connected, true);
  });

  it("T6: nobody answers for another, before it was asked, or after it has answered", async () => {
    const p = await joinRaw(t, code, "p1");
    const q = await joinRaw(t, code, "p2");
    const early = { requestId: "00000000-0000-4000-8000-000000000000" } as RawRequest;
    q.start(early);
    q.chunk(early, "early");
    q.end(early);
    const answer = t.chat(code, { model: "p1" });
    const request = await p.nextRequest();
    for (const each of [request, { ...request, n: undefined }] as RawRequest[]) {
      q.start(each, 200, { "content-type": "application/json" });
      q.chunk(each, '{"by":"p2"}');
      q.end(each);
      q.fail(each);
    }
    // Its frame named a request that it was never asked for.
    assert.equal((await q.closed).code, 4003);
    p.answer(request, '{"by":"p1"}');
    p.answer(request, '{"by":"p1, again"}');
    assert.equal(await (await answer).text(), '{"by":"p1"}');
  });

  it("F1: a participant that grants credit, asks or cancels, moves nothing", async () => {
    const p = await joinRaw(t, code);
    const answer = t.chat(code);
    const request = await p.nextRequest();
    for (const message of [
      { type: "tunnel.credit", n: request.n, bytes: Number.MAX_SAFE_INTEGER },
      { type: "tunnel.credit", n: -1, bytes: -1 },
      { type: "tunnel.cancel", requestId: request.requestId },
      { ...request, type: "tunnel.request", operation: "chat.completions.create", requestId: "mine" },
      { type: "__proto__" },
      { type: "constructor", requestId: request.requestId },
    ]) {
      p.send(message);
    }
    p.answer(request, '{"ok":true}');
    assert.equal(await (await answer).text(), '{"ok":true}');
  });

  it("L7: a flood of status words is told in bounds, and the tunnel stays", async () => {
    const p = await joinRaw(t, code);
    const log = await watchEvents(t.url + paths.events(code));
    for (let n = 0; n < 5_000; n++) {
      p.send({ type: "tunnel.status", status: n % 2 ? "online" : "busy", active: n % 2 });
    }
    p.send({ type: "tunnel.ping", timestamp: 1 });
    await p.nextMessage("tunnel.pong");
    assert.ok(log.events.length < 200, String(log.events.length));
    const answer = t.chat(code);
    p.answer(await p.nextRequest(), {});
    assert.equal((await answer).status, 200);
    log.stop();
  });

  it("E1: line breaks in names, models and a room's name start no event of their own", async () => {
    const breaks = "a\n\nevent: room.closed\ndata: {}\r\n\r\r\u2028id: 1\n\n";
    assert.equal((await t.ask("POST", paths.rooms, { name: `x${breaks}x` })).status, 400);
    // Those that are no control characters, and where control characters have a use.
    const lines2028 = "\u2028event: room.closed\u2029data: {}\u2028";
    code = await t.makeRoom({ name: `x${lines2028}x`, defaults: { stop: [breaks] } });
    const watching = raw(requestText("GET", paths.events(code)));
    await eventually(() => watching.received.includes("connected"));
    const model = `m${lines2028}m`;
    const card = { nickname: `n${lines2028}n`, model, specs: { cpu: lines2028 }, config: { stop: [breaks] } };
    const p = await joinRaw(t, code, "p1", { card });
    const answer = t.chat(code, { model });
    p.fail(await p.nextRequest(), `broken${breaks}`, `stage${breaks}`);
    assert.ok((await answer).status >= 500);
    await eventually(() => watching.received.includes("event: llm.error"));
    const events = [...watching.received.matchAll(/^event: (.*)$/gm)].map(([, type]) => type);
    assert.ok(!events.includes("room.closed"), events.join());
    // Without the frames of HTTP's chunks, which fall anywhere.
    const text = watching.received.replace(/^.*?\r\n\r\n/s, "\r\n").replace(/\r\n[0-9a-f]+\r\n/g, "");
    const lines = text.split(/\r\n|\r|\n/);
    const odd = lines.filter((line) => !/^($|event: |id: |data: \{|: )/.test(line));
    assert.deepEqual(odd, []);
  });
});
