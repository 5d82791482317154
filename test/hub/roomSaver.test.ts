import assert from "node:assert/strict";
import { Refusal } from "../../src/hub/refusal";
import { Room } from "../../src/hub/room";
import type { RoomFacts } from "../../src/hub/roomFacts";
import { RoomSaver } from "../../src/hub/roomSaver";
import type { RoomEvent } from "../../src/protocol/events";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { SlowStore } from "../support/slowStore";

describe("what brings rooms to a store", () => {
  let clock: FakeClock;
  let store: SlowStore;
  let saver: RoomSaver;
  let room: Room;
  let events: RoomEvent["type"][];
  let isThere: boolean;

  beforeEach(() => {
    clock = new FakeClock();
    store = new SlowStore();
    isThere = true;
    saver = new RoomSaver(store, clock, () => isThere);
    const facts = {
      id: "r",
      code: "ABC234",
      name: "Old",
      hostId: "h",
      createdAt: 1,
      access: "open" as const,
    };
    room = new Room(facts, clock, 10);
    events = [];
    room.onDidHappen(({ type }) => events.push(type));
  });
  afterEach(async () => {
    const closed = saver.close();
    await eventually(() => {
      store.answer();
      return store.closed;
    });
    await closed;
    assert.equal(clock.pendingTimers, 0);
  });

  const rename = (name: string) => (facts: RoomFacts) => ({ ...facts, name });
  const asked = (count: number) => eventually(() => store.open.length === count);
  const refused = (error: unknown) => error instanceof Refusal && error.status === 503;

  it("R4: a change is told once it is stored, and not before", async () => {
    const updated = saver.update(room, rename("New"));
    await asked(1);
    assert.deepEqual([room.facts.name, events], ["Old", []]);
    store.answer();
    await updated;
    assert.deepEqual([room.facts.name, events], ["New", ["room.updated"]]);
    assert.equal(store.stored.get("ABC234")?.name, "New");
  });

  it("R4: changes of a room follow one another, and none undoes another", async () => {
    const both = [
      saver.update(room, rename("New")),
      saver.update(room, (facts) => ({ ...facts, defaults: { seed: 1 } })),
    ];
    saver.saveSoon(room);
    clock.advance(200);
    for (const name of ["New", "New", "New"]) {
      await asked(1);
      assert.equal(store.open[0]?.room?.name, name);
      store.answer();
    }
    await Promise.all(both);
    assert.deepEqual([room.facts.name, room.facts.defaults], ["New", { seed: 1 }]);
    await eventually(() => store.stored.get("ABC234")?.defaults?.seed === 1);
  });

  it("R4: joins are stored together, within 200 ms", async () => {
    for (let n = 0; n < 100; n++) {
      saver.saveSoon(room);
      clock.advance(1);
    }
    assert.equal(store.open.length, 0);
    clock.advance(100);
    await asked(1);
    store.answer();
    await eventually(() => store.stored.size === 1);
    assert.equal(clock.pendingTimers, 0);
  });

  it("R5: joins that could not be stored are stored later, also when the hub closes", async () => {
    saver.saveSoon(room);
    clock.advance(200);
    await asked(1);
    store.fail();
    await eventually(() => clock.pendingTimers === 1);
    clock.advance(5_000);
    await asked(1);
    store.fail();
    await eventually(() => clock.pendingTimers === 1);
    const closed = saver.close();
    await asked(1);
    store.answer();
    await closed;
    assert.equal(store.stored.size, 1);
  });

  it("R4: joins that are on their way to the store when the hub closes are stored before that is closed", async () => {
    const rooms = ["ABC235", "ABC236", "ABC237"].map(
      (code) => new Room({ ...room.facts, id: code, code }, clock, 10),
    );
    for (const each of rooms) saver.saveSoon(each);
    clock.advance(200);
    const closed = saver.close();
    await eventually(() => {
      store.answer();
      return store.closed;
    });
    await closed;
    assert.equal(store.stored.size, rooms.length);
  });

  it("R4: joins that fall due while the hub waits for earlier ones are stored before the store is closed", async () => {
    const [first, ...others] = ["ABC235", "ABC236", "ABC237", "ABC238"].map(
      (code) => new Room({ ...room.facts, id: code, code }, clock, 10),
    );
    assert.ok(first);
    saver.saveSoon(first);
    clock.advance(200);
    await asked(1);
    for (const each of others) saver.saveSoon(each);
    const closed = saver.close();
    clock.advance(200);
    await eventually(() => {
      store.answer();
      return store.closed;
    });
    await closed;
    assert.equal(store.stored.size, 4);
  });

  it("R5: a change that cannot be stored is refused, and nothing has changed", async () => {
    const updated = assert.rejects(saver.update(room, rename("New")), refused);
    await asked(1);
    store.fail();
    await updated;
    assert.deepEqual([room.facts.name, events], ["Old", []]);
    const removed = assert.rejects(
      saver.remove(room, () => assert.fail("removed")),
      refused,
    );
    await asked(1);
    store.fail();
    await removed;
  });

  it("R5: what a slow disk stores too late is undone", async () => {
    const updated = assert.rejects(saver.update(room, rename("New")), refused);
    await asked(1);
    clock.advance(10_000);
    await updated;
    store.answer();
    await eventually(() => store.stored.get("ABC234")?.name === "New");
    clock.advance(200);
    await asked(1);
    store.answer();
    await eventually(() => store.stored.get("ABC234")?.name === "Old");

    const removed = assert.rejects(
      saver.remove(room, () => assert.fail("removed")),
      refused,
    );
    await asked(1);
    clock.advance(10_000);
    await removed;
    store.answer();
    await eventually(() => store.stored.size === 0);
    clock.advance(200);
    await asked(1);
    store.answer();
    await eventually(() => store.stored.size === 1);
  });

  it("R5: no more than some wait for a disk that does not answer", async () => {
    const all = Array.from({ length: 20 }, (_, n) => saver.update(room, rename(`${n}`)));
    const ends = Promise.allSettled(all);
    await asked(1);
    const late = all.slice(16).map((each) => assert.rejects(each, refused));
    await Promise.all(late);
    for (let n = 0; n < 16; n++) {
      await asked(1);
      store.answer();
    }
    assert.equal((await ends).filter(({ status }) => status === "fulfilled").length, 16);
    assert.equal(room.facts.name, "15");
  });

  it("R4: a room that is gone is not stored again", async () => {
    saver.saveSoon(room);
    const removed = saver.remove(room, () => {
      isThere = false;
    });
    await asked(1);
    clock.advance(200);
    store.answer();
    await removed;
    await saver.remove(room, () => assert.fail("removed twice"));
    assert.deepEqual([store.open.length, store.stored.size], [0, 0]);
  });

  it("R4: without a store changes take effect at once", async () => {
    const forgetful = new RoomSaver(undefined, clock, () => true);
    await forgetful.create(room.toStored());
    await forgetful.update(room, rename("New"));
    forgetful.saveSoon(room);
    let removed = false;
    await forgetful.remove(room, () => {
      removed = true;
    });
    assert.deepEqual([room.facts.name, removed, clock.pendingTimers], ["New", true, 0]);
    await forgetful.close();
  });
});
