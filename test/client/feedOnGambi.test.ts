import assert from "node:assert/strict";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { FeedLog } from "./feedLog";
import { GambiHub } from "./gambiHub";
import { participant, room } from "./samples";

describe("RoomFeed on a Gambi hub", () => {
  let hub: GambiHub;
  let clock: FakeClock;
  let log: FeedLog;

  beforeEach(async () => {
    hub = await new GambiHub(room()).start();
    hub.participants = [participant("a"), participant("b", { status: "offline" })];
    clock = new FakeClock(Date.now());
    log = new FeedLog({ hubUrl: hub.url, room: room(), clock, random: () => 0 });
    await log.phase("live");
  });

  afterEach(async () => {
    log.feed.dispose();
    log.feed.dispose();
    await eventually(() => hub.openSockets === 0);
    assert.equal(clock.pendingTimers, 0);
    await hub.close();
  });

  /** By the feed's clock, however long the test's machine takes. */
  async function withinOneSecond(check: () => boolean): Promise<void> {
    let leftMs = 1_000;
    await eventually(() => {
      if (leftMs > 0) clock.advance(10);
      leftMs -= 10;
      return check();
    });
  }

  it("C3: shows the list with its first state, and knows that the hub has no additions", () => {
    assert.deepEqual(log.people, ["a online", "b offline"]);
    assert.equal(log.states.length, 1);
    assert.deepEqual(log.feed.features, []);
  });

  it("C3: sees a tunnel that opens without an event at the next heartbeat", async () => {
    hub.participants = [participant("a"), participant("b")];
    await eventually(() => {
      clock.advance(1_000);
      return log.people[1] === "b online";
    });
    assert.equal(log.states.length, 2);
  });

  it("C3: sees within a second or so that the tunnel of somebody who joined is open", async () => {
    const [a, b] = hub.participants.concat();
    const [joined, polls] = [participant("c", { status: "offline" }), hub.polls];
    assert.ok(a && b);
    hub.participants = [a, b, joined];
    hub.emit("participant.joined", joined);
    await withinOneSecond(() => hub.polls > polls && log.people[2] === "c offline");
    hub.participants = [a, b, participant("c")];
    let leftMs = 1_250;
    await eventually(() => {
      if (leftMs > 0) clock.advance(10);
      leftMs -= 10;
      return log.people[2] === "c online";
    });
  });

  it("C3: sees busy and free within a second of a request", async () => {
    hub.participants = [participant("a", { status: "busy" }), participant("b", { status: "offline" })];
    hub.emit("llm.request", { requestId: "q", participantId: "a", model: "m", protocol: "chatCompletions" });
    await withinOneSecond(() => log.people[0] === "a busy");
    hub.participants = [participant("a"), participant("b", { status: "offline" })];
    const metrics = { ttftMs: 5, durationMs: 50 };
    hub.emit("llm.complete", { requestId: "q", participantId: "a", model: "m", metrics });
    await withinOneSecond(() => log.people[0] === "a online");
    assert.deepEqual(log.feed.state.lastMetrics.get("a"), metrics);
  });

  it("C3: is silent at the offline events that a Gambi hub repeats at every tick", async () => {
    const before = log.states.length;
    for (let n = 0; n < 5; n++) {
      const polls = hub.polls;
      hub.emit("participant.offline", { participantId: "b" });
      await eventually(() => {
        clock.advance(50);
        return hub.polls > polls;
      });
    }
    assert.equal(log.states.length, before);
  });

  it("C3: reconnects without a word where the hub cuts an idle stream", async () => {
    for (let n = 2; n < 5; n++) {
      clock.advance(5_000);
      hub.participants = [participant(`p${n}`)];
      hub.cutIdleWatchers();
      await log.shows(`p${n} online`);
      assert.equal(hub.connections, n);
    }
    assert.deepEqual(log.phases, ["live"]);
    assert.equal(log.states.length, 4);
  });

  it("C4: a hub that cuts each new stream at once is lost, and not asked in a hurry", async () => {
    clock.advance(5_000);
    hub.cutIdleWatchers();
    await eventually(() => hub.connections === 2 && hub.watchers.size === 1);
    hub.cutIdleWatchers();
    await log.phase("lost");
    assert.equal(hub.connections, 2);
    log.feed.reconnectNow();
    await log.phase("live");
  });

  it("C2: has the hub's list after a reconnection", async () => {
    clock.advance(5_000);
    hub.participants = [participant("c")];
    hub.cutIdleWatchers();
    await log.shows("c online");
  });

  it("C4: keeps what it knew while the hub is gone, and tells when it tries again", async () => {
    const port = Number(new URL(hub.url).port);
    await hub.close();
    const lost = await log.phase("lost");
    assert.equal(lost.error.code, "HUB_UNREACHABLE");
    assert.deepEqual(log.people, ["a online", "b offline"]);
    assert.ok(lost.retryAt > clock.now() && lost.retryAt <= clock.now() + 1_000);

    hub = new GambiHub(room());
    hub.participants = [participant("a", { status: "busy" })];
    await hub.start(port);
    clock.advance(lost.retryAt - clock.now());
    await log.phase("live");
    assert.deepEqual(log.people, ["a busy"]);
    assert.deepEqual(log.phases, ["live", "lost", "live"]);
  });

  it("C4, R9: waits longer after each failure, and never over 5 s", async () => {
    await hub.close();
    const waits: number[] = [];
    for (let n = 0; n < 8; n++) {
      const lost = await log.phase("lost");
      const seen = log.states.length;
      waits.push(lost.retryAt - clock.now());
      clock.advance(lost.retryAt - clock.now());
      await eventually(() => log.states.length > seen);
    }
    assert.deepEqual(waits, [500, 1_000, 2_000, 2_500, 2_500, 2_500, 2_500, 2_500]);
    hub = await new GambiHub(room()).start();
  });

  it("C4: says that the room is gone where the hub restarted, and finds it when it is back", async () => {
    hub.room = undefined;
    hub.cutIdleWatchers();
    const ended = await log.phase("lost");
    clock.advance(ended.retryAt - clock.now());
    await eventually(() => {
      const { phase } = log.feed.state;
      return phase.state === "lost" && phase.error.code === "ROOM_NOT_FOUND";
    });
    const gone = await log.phase("lost");
    assert.equal(gone.retryAt - clock.now(), 30_000);
    hub.room = room();
    clock.advance(30_000);
    await log.phase("live");
  });

  it("C4: a hub whose list fails is lost, although its events still come", async () => {
    hub.healthy = false;
    clock.advance(10_000);
    const lost = await log.phase("lost");
    assert.equal(lost.error.code, "HUB_REFUSED");
    hub.healthy = true;
    log.feed.reconnectNow();
    assert.equal(log.feed.state.phase.state, "connecting");
    await log.phase("live");
  });

  it("connects anew after the machine slept, without a word where the hub is still there", async () => {
    clock.leap(3_600_000);
    clock.advance(5_000);
    await eventually(() => hub.connections === 2 && hub.watchers.size === 1);
    assert.deepEqual(log.phases, ["live"]);
  });

  it("does not mind a hub whose clock is wrong", async () => {
    hub.skewMs = 600_000;
    hub.participants = [participant("a", { status: "busy" })];
    hub.emit("participant.left", { participantId: "b" });
    await log.shows("a online");
    await eventually(() => {
      clock.advance(10);
      return log.people[0] === "a busy";
    });
    const since = log.feed.state.statusSince.get("a") ?? 0;
    assert.ok(Math.abs(since - (clock.now() + 600_000)) < 10_000, "by the hub's clock");

    hub.skewMs = 1e15;
    hub.emit("participant.joined", participant("x", { updatedAt: 1e15 }));
    await eventually(() => log.feed.state.participants.has("x"));
    const sane = log.feed.state.statusSince.get("x") ?? 0;
    assert.ok(Math.abs(sane - clock.now()) < 24 * 3_600_000, "an absurd time is not believed");
  });

  it("ignores events of other rooms, of unknown kinds and that are none", async () => {
    hub.emit("participant.joined", participant("stranger"), "OTHER2");
    hub.emit("participant.exploded", { participantId: "a" });
    hub.emit("participant.left", { wrong: true });
    for (const watcher of hub.watchers) watcher.write("data: not json\n\ndata: [1]\n\n");
    hub.emit("participant.joined", participant("c"), "room23");
    await eventually(() => log.feed.state.participants.has("c"));
    assert.ok(!log.feed.state.participants.has("stranger"));
    assert.deepEqual(log.phases, ["live"]);
  });
});
