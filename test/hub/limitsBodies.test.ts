import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { askChat } from "../support/requester";
import { requestFrom } from "../support/requestFrom";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const MiB = 1024 * 1024;

describe("hub: bodies that do not come to their end", () => {
  let t: TestHub;
  let code: string;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    t = await startHub({ limits: { bodyBytesTogether: 8 * MiB, bodyBytesPerAddress: 4 * MiB } });
    code = await t.makeRoom();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  /** Announces 32 MB, sends some of it, and stops. */
  const begin = (bytes: number, from?: string) => {
    const client = new RawHttp(t.hub.port, from);
    open.push(client);
    const head = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${32 * MiB}\r\n\r\n`;
    return client.write(head).write("x".repeat(bytes));
  };
  const prompt = { model: "*", messages: [{ role: "user", content: "x".repeat(3 * MiB) }] };
  /** 503 where it was read: nobody serves in the room. */
  const send = (from: string) =>
    requestFrom(from, t.url + paths.chatCompletions(code), { method: "POST", body: prompt });

  it("L6: a body that is no UTF-8 is refused where it would be too long once that is replaced", async () => {
    const small = await startHub({ limits: { bodyBytes: MiB } });
    try {
      const room = await small.makeRoom();
      const [head, tail] = ['{"model":"*","messages":[{"role":"user","content":"', '"}]}'];
      const send = (bytes: number) => {
        const body = Buffer.concat([Buffer.from(head), Buffer.alloc(bytes, 0xff), Buffer.from(tail)]);
        return fetch(small.url + paths.chatCompletions(room), { method: "POST", body });
      };
      assert.equal((await send(MiB / 2)).status, 413);
      assert.notEqual((await send(MiB / 4)).status, 413);
    } finally {
      await small.hub.close();
    }
  });

  it("L6: those of one address leave a place for the long prompts of others", async () => {
    const p = await joinRaw(t, code);
    const held = Array.from({ length: 12 }, () => begin(MiB));
    await eventually(() => held.filter(({ status }) => status === 429).length >= 8);
    const refused = held.find(({ status }) => status === 429);
    assert.match(refused?.received ?? "", /retry-after: 5/i);
    const answer = send("127.0.0.2");
    p.answer(await p.nextRequest(), { ok: true });
    assert.equal((await answer).status, 200);
  });

  it("L6: those that wait or run share memory until their answers begin, each address its part", async () => {
    await t.hub.close();
    t = await startHub({ limits: { keptBytesTogether: 8 * MiB, keptBytesPerAddress: 4 * MiB } });
    code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const log = await watchEvents(t.url + paths.events(code));
    const running = askChat(t, code, prompt);
    const request = await p.nextRequest();
    const refused = await send("127.0.0.1");
    assert.equal(refused.status, 429);
    assert.ok(refused.headers.get("retry-after"));
    const waiting = send("127.0.0.2");
    await log.next("llm.queued");
    assert.equal((await send("127.0.0.2")).status, 429);
    p.start(request, 200, { "content-type": "application/json" });
    p.chunk(request, "{}");
    await eventually(() => assert.equal(running.status, 200));
    const second = send("127.0.0.1");
    await log.next("llm.queued");
    log.stop();
    p.end(request);
    await running.whole();
    for (const each of [waiting, second]) {
      p.answer(await p.nextRequest(), {});
      assert.equal((await each).status, 200);
    }
  });

  it("L6: whoever sends a long body and leaves at once leaves its place too", async () => {
    await t.hub.close();
    t = await startHub({ limits: { keptBytesTogether: 8 * MiB, keptBytesPerAddress: 4 * MiB } });
    code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const running = askChat(t, code);
    const request = await p.nextRequest();
    const body = JSON.stringify(prompt);
    const head = `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n`;
    for (let n = 0; n < 8; n++) {
      const client = new RawHttp(t.hub.port).write(head + body);
      client.socket.end();
      await client.closed;
    }
    p.answer(request, "data: [DONE]\n\n", 200, { "content-type": "text/event-stream" });
    await running.whole();
    const last = await eventually(async () => {
      const asked = askChat(t, code, prompt);
      await eventually(() => asked.status !== undefined || p.requests.length > 0);
      assert.notEqual(asked.status, 429);
      return asked;
    });
    p.answer(await p.nextRequest(), "data: [DONE]\n\n", 200, { "content-type": "text/event-stream" });
    assert.equal((await last.whole()).status, 200);
  });

  it("L6: a long body that comes too slowly is given up with 408, and its place is free", async () => {
    const p = await joinRaw(t, code);
    const held = Array.from({ length: 3 }, () => begin(MiB));
    await eventually(async () => (await send("127.0.0.1")).status === 429);
    const dripping = begin(0);
    // The hub looks at the pace of what it has begun to read.
    await eventually(async () => {
      dripping.write("x".repeat(1_000));
      t.clock.advance(10_000);
      await t.heartbeat(code, "p1");
      p.send({ type: "tunnel.ping", timestamp: 0 });
      await p.nextMessage("tunnel.pong");
      return [...held, dripping].every(({ status }) => status === 408);
    });
    await Promise.all([...held, dripping].map(({ closed }) => closed));
    const answer = send("127.0.0.1");
    p.answer(await p.nextRequest(), { ok: true });
    assert.equal((await answer).status, 200);
  });

  it("L6: one that goes on, however long it takes, is read", async () => {
    const p = await joinRaw(t, code);
    const body = Buffer.from(JSON.stringify(prompt));
    const client = new RawHttp(t.hub.port);
    open.push(client);
    client.write(
      `POST ${paths.chatCompletions(code)} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.byteLength}\r\n\r\n`,
    );
    for (let at = 0; at < body.byteLength; at += 256 * 1024) {
      await new Promise<void>((sent) =>
        client.socket.write(body.subarray(at, at + 256 * 1024), () => sent()),
      );
      // A round trip, so that the hub has read it before time goes on.
      await t.heartbeat(code, "p1");
      p.send({ type: "tunnel.ping", timestamp: 0 });
      await p.nextMessage("tunnel.pong");
      t.clock.advance(9_000);
    }
    p.answer(await p.nextRequest(), { ok: true });
    await eventually(() => client.status === 200);
  });
});
