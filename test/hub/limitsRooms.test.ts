import assert from "node:assert/strict";
import { defaultLimits } from "../../src/hub/limits";
import { MemoryRoomEvents } from "../../src/hub/memoryRoomEvents";
import { Passwords } from "../../src/hub/password";
import { Refusal } from "../../src/hub/refusal";
import { RoomRegistry } from "../../src/hub/roomRegistry";
import { MemoryRoomStore } from "../../src/hub/roomStore";
import { paths } from "../../src/protocol/paths";
import { FakeClock } from "../support/fakeClock";
import { startHub } from "../support/startHub";

const store = new MemoryRoomStore();

function makeRegistry(rooms: number): RoomRegistry {
  const clock = new FakeClock();
  const events = new MemoryRoomEvents(clock, { count: 1, bytes: 1, bytesTogether: 1, unwatchedMs: 1 });
  const limits = { ...defaultLimits, rooms };
  return new RoomRegistry({ clock, limits, events, passwords: new Passwords(), store });
}

const make = (registry: RoomRegistry, address: string, password?: string) =>
  registry.create({ name: "Team", access: "open", password }, address);

/** @returns how many it made until it was refused. */
async function makeAll(registry: RoomRegistry, address: string): Promise<number> {
  for (let made = 0; ; made++) {
    try {
      await make(registry, address);
    } catch (error) {
      assert.ok(error instanceof Refusal && error.code === "LIMIT_REACHED" && error.hint.length > 0);
      return made;
    }
  }
}

describe("hub: who makes its rooms", () => {
  it("L5: one address makes a quarter of them, also of IPv6, and after a restart", async () => {
    const registry = makeRegistry(40);
    assert.equal(await makeAll(registry, "203.0.113.7"), 10);
    assert.equal(await makeAll(registry, "2001:db8::1"), 10);
    assert.equal(await makeAll(registry, "2001:db8::2"), 0);
    const [first] = registry.rooms;
    if (first) await registry.remove(first);
    const atOnce = await Promise.allSettled([1, 2].map(() => make(registry, "203.0.113.7", "secret")));
    assert.deepEqual(atOnce.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
    const again = makeRegistry(40);
    again.restore(await store.load());
    assert.equal(await makeAll(again, "203.0.113.7"), 0);
    assert.equal(await makeAll(again, "127.0.0.1"), 20, "its own machine may have the rest");
  });

  it("L5: on a small hub it may have them all", async () => {
    assert.equal(await makeAll(makeRegistry(1), "203.0.113.7"), 1);
    assert.equal(await makeAll(makeRegistry(20), "203.0.113.7"), 8);
  });

  it("L5: from where a room was made is shown to nobody", async () => {
    const t = await startHub({ limits: { rooms: 20 } });
    try {
      for (let n = 0; n < 20; n++)
        assert.equal((await t.ask("POST", paths.rooms, { name: "x" })).status, 201);
      const { body } = await t.ask("GET", paths.rooms);
      assert.doesNotMatch(JSON.stringify(body), /madeBy/);
    } finally {
      await t.hub.close();
    }
  });
});
