import assert from "node:assert/strict";
import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { JsonAnswers } from "../../src/hub/jsonAnswers";
import { defaultLimits } from "../../src/hub/limits";
import { MemoryRoomEvents } from "../../src/hub/memoryRoomEvents";
import { Refusal } from "../../src/hub/refusal";
import { Room } from "../../src/hub/room";
import type { PublishedEvent } from "../../src/hub/roomEvents";
import { Watchers } from "../../src/hub/watchers";
import type { RoomEvent } from "../../src/protocol/events";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { RawHttp } from "../support/rawHttp";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

describe("hub: watchers that come back", () => {
  let t: TestHub;
  let code: string;
  let logs: EventLog[];
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
    logs = [];
  });
  afterEach(async () => {
    for (const log of logs) log.stop();
    await t.hub.close();
  });

  const watch = async (lastEventId?: string, room = code) => {
    const headers = lastEventId === undefined ? undefined : { "last-event-id": lastEventId };
    const log = await watchEvents(t.url + paths.events(room), headers);
    logs.push(log);
    return log;
  };
  const leave = async (log: EventLog) => {
    log.stop();
    await eventually(() => log.ended);
  };
  const isSnapshot = async (lastEventId: string, room = code) => {
    const { data } = await (await watch(lastEventId, room)).next("connected");
    assert.equal(data.resumed, undefined);
    assert.deepEqual(data.participants, (await t.ask("GET", paths.participants(room))).body.data);
  };

  it("R1: what was missed comes once and in order, without a snapshot", async () => {
    const first = await watch();
    await t.register(code, "p1");
    await first.next("participant.joined");
    const { lastEventId } = first;
    await leave(first);
    await t.register(code, "p1", { nickname: "Eve" });
    await t.register(code, "p2");
    const second = await watch(lastEventId);
    const { data } = await second.next("connected");
    assert.deepEqual([data.resumed, data.room, data.participants], [true, undefined, undefined]);
    await t.register(code, "p3");
    const third = await second.next("participant.updated");
    assert.equal(third.data.nickname, "Eve");
    assert.equal((await second.next("participant.joined")).data.id, "p2");
    assert.equal((await second.next("participant.joined")).data.id, "p3");
    assert.deepEqual(second.types, []);
  });

  it("R1: the id of a snapshot is one to come back with, also twice, and with nothing missed", async () => {
    const first = await watch();
    const begun = first.lastEventId ?? "";
    assert.match(begun, /^[\w]+-0$/);
    await leave(first);
    const second = await watch(begun);
    assert.equal((await second.next("connected")).data.resumed, true);
    assert.equal(second.lastEventId, begun);
    await t.register(code, "p1");
    await second.next("participant.joined");
    const third = await watch(begun);
    assert.equal((await third.next("connected")).data.resumed, true);
    assert.equal((await third.next("participant.joined")).data.id, "p1");
  });

  it("R2: another room's id, nonsense, and what is yet to come are answered with a snapshot", async () => {
    const log = await watch();
    await t.register(code, "p1");
    await log.next("participant.joined");
    const id = log.lastEventId ?? "";
    const [epoch, seq] = id.split("-");
    // A snapshot may be a second old, with what happened since behind it.
    t.clock.advance(1_000);
    const other = await t.makeRoom();
    const there = await watch(undefined, other);
    await isSnapshot(id, other);
    await isSnapshot(there.lastEventId ?? "");
    const wrong = ["", "-", "0", "1", seq, epoch, `${epoch}-`, `${epoch}--1`, `${epoch}-1.5`, `${epoch}-1e0`];
    const huge = [
      `${epoch}-2`,
      `${epoch}-${"9".repeat(15)}`,
      `${epoch}-${"9".repeat(400)}`,
      "x".repeat(8_000),
    ];
    for (const each of [...wrong, ...huge, `${epoch}-NaN`, `${id} `.repeat(2), "__proto__-1"]) {
      await isSnapshot(each ?? "");
    }
  });

  it("R2: an id of the hub before its restart is answered with a snapshot", async () => {
    const log = await watch();
    const { port } = t.hub;
    await t.hub.close();
    await eventually(() => log.ended);
    t = await startHub({ port });
    code = await t.makeRoom();
    await watch();
    await isSnapshot(log.lastEventId ?? "");
  });

  it("R2: a header sent twice, or with bytes that are no text, harms nobody", async () => {
    const raw = new RawHttp(t.hub.port);
    const twice = "Last-Event-ID: a-1\r\nLast-Event-ID: \xff\xfe\r\n";
    raw.write(`GET ${paths.events(code)} HTTP/1.1\r\nHost: localhost\r\n${twice}\r\n`);
    await eventually(() => raw.received.includes('"participants":[]'));
    raw.socket.destroy();
  });

  it("R3: what was dropped from the log is answered with a snapshot", async () => {
    const small = await startHub({ limits: { eventsKept: 2 } });
    const room = await small.makeRoom();
    const log = await watchEvents(small.url + paths.events(room));
    try {
      const ids = [log.lastEventId];
      for (const id of ["p1", "p2", "p3"]) {
        await small.register(room, id);
        await log.next("participant.joined");
        ids.push(log.lastEventId);
      }
      const resumed = await Promise.all(
        ids.map(async (id) => {
          const again = await watchEvents(small.url + paths.events(room), { "last-event-id": id ?? "" });
          again.stop();
          return again.events[0]?.type === "connected" && again.events[0].data.resumed === true;
        }),
      );
      assert.deepEqual(resumed, [false, true, true, true]);
    } finally {
      log.stop();
      await small.hub.close();
    }
  });

  it("R3: a log outlives its last watcher by 10 minutes", async () => {
    const first = await watch();
    await leave(first);
    t.clock.advance(599_000);
    const second = await watch(first.lastEventId);
    assert.equal((await second.next("connected")).data.resumed, true);
    await leave(second);
    // The hub hears of the end a moment later than the watcher.
    await eventually(async () => {
      t.clock.advance(601_000);
      const third = await watch(first.lastEventId);
      const { data } = await third.next("connected");
      await leave(third);
      return data.resumed === undefined;
    });
  });
});

describe("MemoryRoomEvents", () => {
  const kept = { count: 100, bytes: 10_000, bytesTogether: 15_000, unwatchedMs: 1_000 };
  const event = (text = ""): RoomEvent => {
    return { type: "participant.left", timestamp: 0, roomCode: "R", data: { participantId: text } };
  };
  const listen = (events: MemoryRoomEvents, room: string) => {
    const got: PublishedEvent[] = [];
    return { got, subscription: events.subscribe(room, (published) => got.push(published)) };
  };

  it("R3: keeps nothing of a room that nobody watches", () => {
    const events = new MemoryRoomEvents(new FakeClock(), kept);
    events.publish("R", event());
    const { subscription, got } = listen(events, "R");
    assert.match(subscription.lastId, /-0$/);
    assert.equal(got.length, 0);
    assert.deepEqual(subscription.since(subscription.lastId), []);
  });

  it("R3: keeps nothing of a room whose first watcher is refused", () => {
    const clock = new FakeClock();
    const events = new MemoryRoomEvents(clock, kept);
    const earlier = listen(events, "ABCDEF").subscription;
    const { lastId } = earlier;
    earlier.dispose();
    const facts = { id: "r", code: "ABCDEF", name: "T", hostId: "h", createdAt: 1, access: "open" } as const;
    const answers = new JsonAnswers(clock, defaultLimits);
    const limits = { maxBufferedBytes: 1, maxWatchers: 0, snapshotMs: 1 };
    const watchers = new Watchers({ ...limits, clock, events, answers });
    const response = new ServerResponse(new IncomingMessage(new Socket()));
    assert.throws(() => watchers.add(new Room(facts, clock, 10), response), Refusal);
    clock.advance(kept.unwatchedMs);
    events.sweep();
    assert.notEqual(listen(events, "ABCDEF").subscription.lastId, lastId);
  });

  it("R3: keeps no more bytes than allowed, of one room and of all", () => {
    const events = new MemoryRoomEvents(new FakeClock(), kept);
    const [a, b] = [listen(events, "A"), listen(events, "B")];
    for (let i = 0; i < 30; i++) events.publish("A", event("x".repeat(1_000)));
    const keptOf = ({ got, subscription }: typeof a) =>
      got.filter(({ id }) => subscription.since(id) !== undefined).length;
    assert.equal(a.got.length, 30);
    assert.ok(keptOf(a) >= 8 && keptOf(a) <= 10, `${keptOf(a)}`);
    for (let i = 0; i < 30; i++) events.publish("B", event("x".repeat(1_000)));
    assert.ok(keptOf(b) >= 3 && keptOf(b) <= 7, `${keptOf(b)}`);
    assert.ok(keptOf(a) >= 8);
    // One event larger than all that may be kept reaches who watches, and nobody who comes back.
    events.publish("A", event("x".repeat(20_000)));
    assert.equal(a.got.length, 31);
    assert.equal(a.subscription.since(a.got[29]?.id ?? ""), undefined);
    assert.deepEqual(a.subscription.since(a.got[30]?.id ?? ""), []);
    events.forget("B");
    events.publish("A", event());
    assert.equal(a.subscription.since(a.got[30]?.id ?? "")?.length, 1);
  });

  it("R3: a watcher that comes back in time keeps the log", () => {
    const clock = new FakeClock();
    const events = new MemoryRoomEvents(clock, kept);
    const first = listen(events, "A").subscription;
    const { lastId } = first;
    first.dispose();
    first.dispose();
    clock.advance(999);
    events.sweep();
    const second = listen(events, "A").subscription;
    clock.advance(5_000);
    events.sweep();
    assert.deepEqual(second.since(lastId), []);
    second.dispose();
    clock.advance(1_000);
    events.sweep();
    assert.equal(listen(events, "A").subscription.since(lastId), undefined);
  });

  it("R1: a long log gives out exactly what followed", () => {
    const events = new MemoryRoomEvents(new FakeClock(), { ...kept, bytes: 1e6, bytesTogether: 1e6 });
    const { got, subscription } = listen(events, "A");
    for (let i = 0; i < 1_000; i++) {
      events.publish("A", event(`${i}`));
      for (const back of [1, 7, 99, 100]) {
        const from = got.at(-1 - back);
        if (from) assert.deepEqual(subscription.since(from.id), got.slice(-back));
      }
    }
    assert.equal(subscription.since(got.at(-102)?.id ?? ""), undefined);
  });
});
