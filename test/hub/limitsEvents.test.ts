import assert from "node:assert/strict";
import { UpdatePace } from "../../src/hub/updatePace";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

describe("hub: a participant that changes all the time", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub();
  });
  afterEach(() => t.hub.close());

  it("L7: is told of in bounds, and in the end as it is", async () => {
    const code = await t.makeRoom();
    const log = await watchEvents(t.url + paths.events(code));
    const p = await joinRaw(t, code);
    await joinRaw(t, code, "p2");
    for (let i = 0; i < 2_000; i++) {
      p.send({ type: "tunnel.status", status: i % 2 ? "busy" : "online", active: 1 });
    }
    p.send({ type: "tunnel.status", status: "offline", active: 1 });
    await eventually(async () => (await t.participant(code, "p1")).status === "offline");
    await t.heartbeat(code, "p2", { status: "busy" });
    await eventually(() =>
      log.events.some(
        ({ type, data }) => type === "participant.updated" && data.id === "p2" && data.status === "busy",
      ),
    );
    const ofP1 = () =>
      log.events.filter(({ type, data }) => type === "participant.updated" && data.id === "p1");
    assert.ok(ofP1().length <= 50, `${ofP1().length} events`);
    assert.equal(log.types.filter((type) => type === "participant.offline").length, 0, "not told yet");
    t.clock.advance(1_000);
    const { data } = await log.next("participant.offline");
    assert.equal(data.participantId, "p1");
    log.stop();
  });

  it("L5: one address does not keep others from watching, and nobody loses a place to an equal", async () => {
    const small = await startHub({ limits: { watchersPerRoom: 4 } });
    const code = await small.makeRoom();
    const open: RawHttp[] = [];
    const watch = async (address: string) => {
      const head = `GET ${paths.events(code)} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
      const client = new RawHttp(small.hub.port, address).write(head);
      open.push(client);
      await eventually(() => client.status !== undefined);
      return client;
    };
    for (let n = 0; n < 4; n++) assert.equal((await watch("127.0.0.2")).status, 200);
    assert.equal((await watch("127.0.0.2")).status, 429);
    for (const address of ["127.0.0.3", "127.0.0.3"]) assert.equal((await watch(address)).status, 200);
    await Promise.all([open[2]?.closed, open[3]?.closed]);
    for (const address of ["127.0.0.2", "127.0.0.3"]) assert.equal((await watch(address)).status, 429);
    assert.equal((await watch("127.0.0.4")).status, 200);
    assert.equal(open[0]?.socket.destroyed, false);
    for (const { socket } of open) socket.destroy();
    await small.hub.close();
  });

  it("E1: watchers that come together get one snapshot, each its own id; later ones what is so then", async () => {
    const code = await t.makeRoom();
    await t.register(code, "p1", { nickname: 'Quote " and \u2028 break' });
    const watch = async () => {
      const log = await watchEvents(t.url + paths.events(code));
      const { data } = await log.next("connected");
      return { log, data };
    };
    const [first, second] = [await watch(), await watch()];
    assert.notEqual(first.data.clientId, second.data.clientId);
    assert.deepEqual({ ...first.data, clientId: "" }, { ...second.data, clientId: "" });
    await t.register(code, "p2");
    const third = await watch();
    assert.equal(third.data.participants?.length, 2);
    t.clock.advance(1_000);
    await t.heartbeat(code, "p1");
    const fourth = await watch();
    assert.equal(fourth.data.participants?.[0]?.lastSeen, t.clock.now());
    for (const { log } of [first, second, third, fourth]) log.stop();
  });

  it("E1: a long snapshot may be a second old, and what happened since follows", async () => {
    const code = await t.makeRoom();
    const stop = Array(8).fill("x".repeat(200));
    for (let n = 0; n < 200; n++) await t.register(code, `p${n}`, { config: { stop } });
    const first = await watchEvents(t.url + paths.events(code));
    await t.register(code, "late");
    const second = await watchEvents(t.url + paths.events(code));
    const { data } = await second.next("connected");
    assert.equal(data.participants?.length, 200);
    assert.equal((await second.next("participant.joined")).data.id, "late");
    for (const log of [first, second]) log.stop();
  });

  it("L7: one that left meanwhile is not told of any more", async () => {
    const code = await t.makeRoom();
    const log = await watchEvents(t.url + paths.events(code));
    for (let i = 0; i < 80; i++) await t.register(code, "p1", { nickname: `n${i}` });
    await t.ask("DELETE", paths.participant(code, "p1"));
    t.clock.advance(5_000);
    await t.register(code, "p2");
    await eventually(() => log.types.filter((type) => type === "participant.joined").length === 2);
    assert.equal(log.types.filter((type) => type === "participant.updated").length, 50);
    assert.equal(log.types.at(-2), "participant.left");
    log.stop();
  });

  it("L7: a budget grows again by ten a second, to fifty", () => {
    const pace = new UpdatePace();
    const one = {};
    const taken = (now: number) => {
      let count = 0;
      while (pace.take(one, now)) count++;
      return count;
    };
    assert.equal(taken(0), 50);
    assert.equal(taken(1_000), 10);
    assert.equal(taken(1_050), 0);
    assert.equal(taken(600_000), 50);
  });
});
