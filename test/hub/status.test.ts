import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { joinRaw, type RawParticipant } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

const secondMs = 1_000;

describe("hub: status", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub({ limits: { maxQueue: 0 } });
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  const statusOf = async (id = "p1") => (await t.participant(code, id))?.status;
  const until = (status: string | undefined, id = "p1") =>
    eventually(async () => assert.equal(await statusOf(id), status));
  /** Time passes while the participant shows all signs of life. */
  const live = async (p: RawParticipant, seconds: number, id = "p1") => {
    for (let passed = 0; passed < seconds; passed += 10) {
      t.clock.advance(10 * secondMs);
      p.send({ type: "tunnel.ping", timestamp: t.clock.now() });
      await p.nextMessage("tunnel.pong");
      await t.heartbeat(code, id);
    }
  };

  it("S1: offline without a tunnel, online with one, busy while it serves", async () => {
    await t.register(code, "p1");
    assert.equal(await statusOf(), "offline");
    const p = await joinRaw(t, code);
    assert.equal(await statusOf(), "online");
    const answer = t.chat(code);
    const request = await p.nextRequest();
    assert.equal(await statusOf(), "busy");
    p.answer(request, {});
    await answer;
    assert.equal(await statusOf(), "online");
  });

  it("S1: busy only at its capacity", async () => {
    const p = await joinRaw(t, code, "p1", { card: { capacity: 2 } });
    const first = t.chat(code);
    const one = await p.nextRequest();
    assert.equal(await statusOf(), "online");
    const second = t.chat(code);
    const two = await p.nextRequest();
    assert.equal(await statusOf(), "busy");
    assert.equal((await t.chat(code)).status, 409);
    p.answer(two, { n: 2 });
    assert.deepEqual(await (await second).json(), { n: 2 });
    p.answer(one, { n: 1 });
    assert.deepEqual(await (await first).json(), { n: 1 });
    assert.equal((await t.heartbeat(code, "p1", { capacity: 3 })).status, "online");
    assert.equal((await t.participant(code, "p1")).capacity, 3);
  });

  it("S2: offline without a heartbeat for 30 s, and back with the next", async () => {
    const p = await joinRaw(t, code);
    const ping = async () => {
      p.send({ type: "tunnel.ping", timestamp: 1 });
      await p.nextMessage("tunnel.pong");
    };
    t.clock.advance(20 * secondMs);
    await ping();
    t.clock.advance(9 * secondMs);
    assert.equal(await statusOf(), "online");
    t.clock.advance(secondMs);
    assert.equal(await statusOf(), "offline");
    assert.equal((await t.participant(code, "p1")).connection.connected, true);
    assert.equal((await t.chat(code, { model: "p1" })).status, 503);
    await ping();
    assert.equal((await t.heartbeat(code, "p1")).status, "online");
    assert.equal(await statusOf(), "online");
  });

  for (const [what, pass] of [
    ["slept", (ms: number) => t.clock.leap(ms)],
    ["stood still", (ms: number) => t.clock.stall(ms)],
  ] as const) {
    it(`S2: nobody is offline only because the hub ${what}, not for the first request either`, async () => {
      const p = await joinRaw(t, code);
      pass(8 * 3_600 * secondMs);
      const answer = t.chat(code, { model: "p1" });
      p.answer(await p.nextRequest(), {});
      assert.equal((await answer).status, 200);
      t.clock.advance(secondMs);
      assert.equal(await statusOf(), "online");
      t.clock.advance(28 * secondMs);
      assert.equal(await statusOf(), "online");
      t.clock.advance(3 * secondMs);
      assert.equal(await statusOf(), "offline");
    });
  }

  it("S5: an offline participant leaves the list in time where somebody sets the clock back", async () => {
    const p = await joinRaw(t, code);
    p.socket.terminate();
    await until("offline");
    t.clock.leap(-3_600 * secondMs);
    for (let minutes = 0; minutes < 10; minutes++) t.clock.advance(60 * secondMs);
    t.clock.advance(2 * secondMs);
    assert.deepEqual((await t.ask("GET", paths.participants(code))).body.data, []);
  });

  it("S3: offline at once when its tunnel closes, and its requests fail", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code);
    await p.nextRequest();
    p.socket.terminate();
    const answer = await waiting;
    assert.equal(answer.status, 502);
    await until("offline");
    assert.equal((await t.participant(code, "p1")).connection.lastTunnelSeenAt, null);
  });

  it("S4: a participant that says busy gets no request", async () => {
    await joinRaw(t, code, "p1", { ours: false });
    assert.equal((await t.heartbeat(code, "p1", { status: "busy" })).status, "busy");
    assert.equal((await t.chat(code)).status, 409);
    assert.equal((await t.heartbeat(code, "p1", { status: "offline" })).status, "offline");
    assert.equal((await t.chat(code)).status, 503);
    assert.equal((await t.heartbeat(code, "p1")).status, "offline", "a heartbeat without a word leaves it");
    assert.equal((await t.heartbeat(code, "p1", { status: "online" })).status, "online");
  });

  it("S4: a tunnel's word counts the moment it comes", async () => {
    const p = await joinRaw(t, code);
    p.send({ type: "tunnel.status", status: "busy", active: 0 });
    await until("busy");
    p.send({ type: "tunnel.status", status: "online", active: 0 });
    await until("online");
    p.send({ type: "tunnel.status", status: "busy", active: 0 });
    await until("busy");
    await joinRaw(t, code);
    await until("online");
  });

  it("S4: busy that the hub's own request explains ends with that request", async () => {
    const p = await joinRaw(t, code);
    const answer = t.chat(code);
    const request = await p.nextRequest();
    p.send({ type: "tunnel.status", status: "busy", active: 1 });
    p.answer(request, {});
    assert.equal((await answer).status, 200);
    assert.equal(await statusOf(), "online");
  });

  it("S5: one that never had a tunnel is listed for 60 s after its last PUT, whatever heartbeats it sends", async () => {
    const wait = async (seconds: number) => {
      for (let passed = 0; passed < seconds; passed += 10) {
        t.clock.advance(10 * secondMs);
        await t.heartbeat(code, "p1");
      }
    };
    await t.register(code, "p1");
    await wait(50);
    await t.register(code, "p1");
    await wait(50);
    assert.equal(await statusOf(), "offline");
    await wait(10);
    assert.equal(await statusOf(), undefined);
  });

  it("S5: an offline participant is listed for 10 minutes, then it has left", async () => {
    const p = await joinRaw(t, code, "p1");
    const other = await joinRaw(t, code, "p2");
    p.socket.close();
    await until("offline");
    await live(other, 590, "p2");
    assert.equal(await statusOf(), "offline");
    await live(other, 20, "p2");
    assert.equal(await statusOf(), undefined);
    assert.equal(await statusOf("p2"), "online");
    const { body } = await t.ask("POST", paths.heartbeat(code, "p1"));
    assert.equal(body.error.code, "PARTICIPANT_NOT_FOUND");
  });
});
