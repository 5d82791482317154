import assert from "node:assert/strict";
import { PlaceTeller } from "../../src/hub/placeTeller";
import { ResponseIdFinder } from "../../src/hub/responseIdFinder";
import { Room } from "../../src/hub/room";
import { Tunnel } from "../../src/hub/tunnel";
import type { WaitingRequest } from "../../src/hub/waitingRequest";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { FakeTunnelSocket } from "../support/fakeTunnelSocket";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

const MiB = 1024 * 1024;

describe("hub: floods", () => {
  let t: TestHub;
  let code: string;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    t = await startHub({ limits: { bodyBytesTogether: 12 * MiB, unsentBytes: 4 * MiB } });
    code = await t.makeRoom();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  const post = (path: string, headers: string) => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    return client.write(`POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n`);
  };

  it("M12: a body of millions of wrong messages is refused at once", async () => {
    const body = `{"model":"*","messages":[${"{},".repeat(400_000)}{}]}`;
    const { status, body: answer } = await t.ask("POST", paths.chatCompletions(code), body);
    assert.equal(status, 400);
    assert.match(answer.error.message, /messages: Too big/);
    const values = `{"model":"*","messages":[${"{},".repeat(3_000_000)}{}]}`;
    assert.match((await t.ask("POST", paths.chatCompletions(code), values)).body.error.message, /too many/);
  });

  it("M13: a body in chunks of one byte costs its bytes only", async () => {
    const client = post(paths.chatCompletions(code), "Transfer-Encoding: chunked");
    const chunks = Buffer.from("1\r\nx\r\n".repeat(10_000));
    const before = process.memoryUsage();
    for (let i = 0; i < 50; i++) {
      if (!client.write(chunks).socket.writableNeedDrain) continue;
      await new Promise((resolve) => client.socket.once("drain", resolve));
    }
    client.write("0\r\n\r\n");
    await eventually(() => client.status === 400);
    const after = process.memoryUsage();
    const grown = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    assert.ok(grown < 80 * MiB, `${grown / MiB} MiB for half a million bytes`);
  });

  it("M13: long bodies share a limit; short ones are read all the same", async () => {
    const long = () => post(paths.chatCompletions(code), `Content-Length: ${16 * MiB}`);
    const half = Buffer.alloc(8 * MiB, " ");
    const first = long().write(half);
    await eventually(() => first.socket.bytesWritten > half.byteLength);
    const second = long().write(half);
    await eventually(() => first.status === 429 || second.status === 429);
    const refused = first.status === 429 ? first : second;
    assert.match(refused.received, /retry-after: 5/i);
    assert.equal((await t.ask("POST", paths.rooms, { name: "Short" })).status, 201);
    for (const each of open) each.socket.destroy();
    const body = JSON.stringify({ model: "*", messages: [{ role: "user", content: "x".repeat(8 * MiB) }] });
    await eventually(
      async () => (await t.ask("POST", paths.chatCompletions(code), body)).status === 404 || false,
    );
  });

  it("T6: whoever sends pings and reads no pong is owed one at a time", () => {
    const socket = new FakeTunnelSocket();
    const tunnel = new Tunnel(socket, { clock: new FakeClock(), isOurs: true, log: () => {} });
    const ping = JSON.stringify({ type: "tunnel.ping", timestamp: 1 });
    for (let i = 0; i < 1_000; i++) tunnel.receive(ping);
    assert.equal(socket.messages.length, 1);
    socket.flushOne();
    tunnel.receive(ping);
    assert.equal(socket.messages.length, 2);
  });

  it("Q4: whoever comes to a long queue and leaves it at once, again and again, costs little", async () => {
    const clock = new FakeClock();
    const facts = { id: "r", code: "ABCDEF", name: "Team", hostId: "h", createdAt: 1 };
    const room = new Room(
      { ...facts, access: "open", hostTokenHash: "", memberTokenHash: "" },
      clock,
      10_000,
    );
    const card = { nickname: "n", model: "m0", endpoint: "http://localhost:1" };
    for (let n = 0; n < 5_000; n++) room.register(`p${n}`, card, "10.0.0.1");
    let told = 0;
    const asking = (model: string): WaitingRequest => ({
      ...{ requestId: model, requester: { address: "a", identity: "" }, arrival: 1, bodyBytes: 1 },
      ...{ target: { kind: "model", model }, fits: () => true, wants: () => true },
      ...{ begin: () => {}, refuse: () => {}, tellPlace: () => told++ },
    });
    const waiting = Array.from({ length: 60 }, (_, n) => asking(`m${n}`));
    let queue = waiting;
    const teller = new PlaceTeller(clock, room, () => queue);
    const startedAt = performance.now();
    for (let n = 0; n < 1_000; n++) {
      const one = asking("m0");
      queue = [...waiting, one];
      teller.tellNewcomer(one);
      queue = waiting;
    }
    const ms = performance.now() - startedAt;
    teller.rest();
    assert.ok(told >= 1_000, String(told));
    assert.ok(ms < 1_500, `${Math.round(ms)} ms`);
  });

  it("I12: looks for a response's id in bounded time, however small the pieces", () => {
    let found: string | undefined;
    const finder = new ResponseIdFinder((id) => {
      found = id;
    });
    const startedAt = performance.now();
    for (let i = 0; i < 60_000; i++) finder.push(Buffer.from("{"));
    assert.equal(found, undefined);
    assert.ok(performance.now() - startedAt < 5_000);
  });

  it("M14: an offer to upgrade to HTTP/2 is declined by serving the request", async () => {
    const offer = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAA";
    const name = JSON.stringify({ name: "Java's own client" });
    const client = post(paths.rooms, `${offer}\r\nContent-Length: ${name.length}`);
    client.write(name.slice(0, 5));
    client.write(name.slice(5));
    await eventually(() => client.status === 201);
    client.write(`GET ${paths.health} HTTP/1.1\r\nHost: localhost\r\n${offer}\r\n\r\n`);
    await eventually(() => client.received.includes('"status":"ok"'));
    client.write(`GET ${paths.health} HTTP/1.1\r\nHost: evil.example\r\n${offer}\r\n\r\n`);
    await eventually(() => client.received.includes("HTTP/1.1 403"));
  });

  it("I2: an id that would mean any participant is refused", async () => {
    const card = { nickname: "n", model: "m", endpoint: "http://localhost:1" };
    for (const id of ["any", "*", "model:llama3"]) {
      assert.equal((await t.ask("PUT", paths.participant(code, id), card)).status, 400, id);
    }
  });

  it("T6: an answer with headers without end fails its own request", async () => {
    const participant = await joinRaw(t, code);
    const answer = t.chat(code);
    const request = await participant.nextRequest();
    const headers = Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`x-ratelimit-${at}`, "1"]));
    participant.start(request, 200, headers);
    assert.equal((await answer).status, 502);
  });
});
