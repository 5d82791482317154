import assert from "node:assert/strict";
import { once } from "node:events";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, type RawParticipant } from "../support/rawParticipant";
import { askChat } from "../support/requester";
import { requestFrom } from "../support/requestFrom";
import { startHub, type TestHub } from "../support/startHub";

const MiB = 1024 * 1024;
/** What a list with so many of the longest cards has at least; more than two sockets take. */
const LIST_BYTES = 6_000_000;
const CARDS = 1_500;
const STALLED_MS = 60_000;
const FLUSH_MS = 120_000;

describe("hub: long answers that nobody reads", () => {
  let t: TestHub;
  let code: string;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    t = await startHub({ limits: { answerBytesTogether: 64 * MiB, answerBytesPerAddress: 20 * MiB } });
    code = await t.makeRoom();
    const text = (letter: string) => letter.repeat(200);
    const card = {
      ...{ nickname: text("n"), model: text("m"), specs: { gpu: text("g"), cpu: text("c") } },
      ...{ endpoint: `http://127.0.0.1/${"e".repeat(1_400)}`, config: { stop: Array(8).fill(text("s")) } },
    };
    for (let n = 0; n < CARDS; n++) await t.register(code, `${n}`, card);
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  const ask = (path: string) => {
    const client = new RawHttp(t.hub.port);
    open.push(client);
    client.socket.pause();
    return client.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`);
  };
  const listFor = (address: string) =>
    requestFrom(address, t.url + paths.participants(code), { method: "GET" });

  it("L6: of those each address has a part, and who does not read for a minute is dropped", async () => {
    const unread = Array.from({ length: 12 }, () => ask(paths.participants(code)));
    await eventually(async () => (await listFor("127.0.0.1")).status === 429);
    const others = await listFor("127.0.0.2");
    assert.equal(others.status, 200);
    const listBytes = JSON.stringify(others.body).length;
    assert.ok(listBytes > LIST_BYTES);
    t.clock.advance(STALLED_MS);
    await eventually(async () => (await listFor("127.0.0.1")).status === 200);
    // The others were refused, in few words.
    const dropped = unread.filter(({ socket }) => socket.bytesRead > 10_000);
    for (const each of dropped) each.socket.resume();
    await Promise.all(dropped.map((each) => each.closed));
    assert.ok(dropped.length > 0 && dropped.every(({ received }) => received.length < listBytes));
  });

  it("L6: of snapshots that are not read as well, and a watcher that does not read its own is dropped", async () => {
    const watch = async () => {
      const watcher = ask(paths.events(code));
      await eventually(() => watcher.socket.bytesRead > 0 || watcher.status !== undefined);
      return watcher;
    };
    const statusFor = (address: string) =>
      requestFrom(address, t.url + paths.events(code), { headers: { "last-event-id": "none" } });
    const unread = [];
    for (let n = 0; n < 3; n++) {
      unread.push(await watch(), await watch());
      // What changes is in a snapshot after a second, whose bytes are others.
      t.clock.advance(1_000);
      await t.ask("POST", paths.heartbeat(code, "0"));
    }
    const refused = await statusFor("127.0.0.1");
    assert.equal(refused.status, 429);
    assert.equal(refused.body.error.code, "TOO_MANY_REQUESTS");
    assert.equal((await listFor("127.0.0.1")).status, 429, "lists and snapshots share it");
    assert.equal((await listFor("127.0.0.2")).status, 200);
    t.clock.advance(FLUSH_MS);
    await Promise.all(unread.map((each) => each.socket.resume() && each.closed));
    assert.equal((await listFor("127.0.0.1")).status, 200);
  });

  it("L6: who reads a long answer slowly gets all of it", async () => {
    const client = ask(paths.participants(code));
    const isWhole = () => client.received.endsWith("}}");
    for (let seen = 0; !isWhole(); seen = client.received.length) {
      client.socket.resume();
      await eventually(() => client.received.length > seen + MiB || isWhole());
      client.socket.pause();
      t.clock.advance(STALLED_MS / 2);
    }
    const [, length] = /content-length: (\d+)/i.exec(client.received) ?? [];
    assert.equal(client.received.length - client.received.indexOf("\r\n\r\n") - 4, Number(length));
  });
});

describe("hub: messages of tunnels that never come whole", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub({ limits: { unfinishedBytesTogether: 16 * MiB, unfinishedBytesPerAddress: 7 * MiB } });
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  const closed = (p: RawParticipant) => p.socket.readyState === p.socket.CLOSED;

  it("T6: share a bound on base tunnels, whose messages may be long", async () => {
    const all = await Promise.all(["p1", "p2", "p3"].map((id) => joinRaw(t, code, id, { ours: false })));
    const [p1, p2, p3] = all as [RawParticipant, RawParticipant, RawParticipant];
    const part = "x".repeat(3 * MiB);
    for (const p of [p1, p2]) {
      p.socket.send(part, { fin: false });
      p.socket.ping();
      await once(p.socket, "pong");
    }
    p3.socket.send(part, { fin: false });
    await eventually(() => closed(p3));
    assert.deepEqual([closed(p1), closed(p2)], [false, false]);
    // What has an end, or whose tunnel has, takes no place any more.
    p1.socket.send("}", { fin: true });
    await p1.closed;
    const p4 = await joinRaw(t, code, "p4", { ours: false });
    p4.socket.send(part, { fin: false });
    const answer = askChat(t, code, { model: "p4" });
    await p4.nextRequest();
    assert.equal(closed(p4), false);
    answer.leave();
  });

  it("T6: share it on our tunnels too, of which one address may have very many", async () => {
    const all = await Promise.all(Array.from({ length: 12 }, (_, n) => joinRaw(t, code, `p${n}`)));
    for (const p of all) p.socket.send(Buffer.alloc(MiB - 1), { fin: false });
    await eventually(() => assert.ok(all.some(closed)));
    for (const p of all.filter((each) => !closed(each))) {
      p.socket.ping();
      await Promise.race([once(p.socket, "pong"), p.closed]);
    }
    const left = all.filter((each) => !closed(each)).length;
    assert.ok(left >= 6 && left <= 8, `${left} hold what they sent`);
  });

  it("T6: are short on ours, which cuts what is long into frames", async () => {
    const p = await joinRaw(t, code);
    p.socket.send(Buffer.alloc(2 * MiB));
    assert.equal((await p.closed).code, 1009);
  });
});
