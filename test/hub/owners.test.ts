import assert from "node:assert/strict";
import { defaultLimits } from "../../src/hub/limits";
import { MemoryRoomEvents } from "../../src/hub/memoryRoomEvents";
import { OwnerBytes } from "../../src/hub/ownerBytes";
import { Owners } from "../../src/hub/owners";
import { Passwords } from "../../src/hub/password";
import { RoomRegistry } from "../../src/hub/roomRegistry";
import type { StoredOwner, StoredRoom } from "../../src/hub/roomStore";
import { FakeClock } from "../support/fakeClock";

const MiB = 1024 * 1024;
const tokenHash = "h".repeat(43);
const idOf = (n: number) => `${n}`.padEnd(200, "x");
const ownersFrom = (address: string, count: number): StoredOwner[] =>
  Array.from({ length: count }, (_, n) => ({ id: idOf(n), tokenHash, address }));

function makeRegistry(): RoomRegistry {
  const clock = new FakeClock();
  const events = new MemoryRoomEvents(clock, { count: 1, bytes: 1, bytesTogether: 1, unwatchedMs: 1 });
  return new RoomRegistry({
    clock,
    limits: defaultLimits,
    events,
    passwords: new Passwords(),
    store: undefined,
  });
}

function storedRoom(code: string, owners: StoredOwner[]): StoredRoom {
  return { id: code, code, name: "Team", hostId: "h", createdAt: 1, access: "open", owners };
}

const bytesOf = (registry: RoomRegistry, address: string) =>
  Buffer.byteLength(
    JSON.stringify(
      registry.rooms.flatMap((room) => room.toStored().owners).filter((owner) => owner.address === address),
    ),
  );

describe("hub: owners of ids", () => {
  it("A6: a room's are bounded in bytes: those longest away are forgotten, those present never", () => {
    const owners = new Owners({
      maxParticipants: 10_000,
      isPresent: (id) => id === idOf(0),
      bytes: new OwnerBytes(),
      stored: [],
      awaitedUntil: 0,
    });
    for (let n = 0; n < 15_000; n++) owners.claim(idOf(n), "10.0.0.1");
    const stored = owners.toStored();
    assert.ok(stored.length > 5_000 && Buffer.byteLength(JSON.stringify(stored)) <= 2 * MiB);
    assert.ok(owners.find(idOf(0)) && owners.find(idOf(14_999)));
    assert.equal(owners.find(idOf(1)), undefined);
  });

  it("A6: an address that has registered too many ids in all rooms loses its own, and nobody else's", () => {
    const registry = makeRegistry();
    const rooms = Array.from({ length: 7 }, (_, n) => storedRoom(`R${n}`, ownersFrom("10.0.0.1", 4_000)));
    registry.restore([...rooms, storedRoom("QUIET", ownersFrom("10.0.0.2", 100))]);
    assert.ok(bytesOf(registry, "10.0.0.1") < 8 * MiB);
    for (const { code } of rooms) {
      const room = registry.find(code);
      for (let n = 4_000; room && n < 9_000; n++) registry.claim(room, idOf(n), "10.0.0.1");
      assert.ok(room?.owners.find(idOf(8_999)));
      assert.ok(bytesOf(registry, "10.0.0.1") < 8 * MiB);
    }
    assert.equal(registry.find("QUIET")?.owners.toStored().length, 100);
  });

  it("A6: where the owners of all addresses are too many, whoever has most gives way", () => {
    const registry = makeRegistry();
    const crowd = Array.from({ length: 40 }, (_, n) =>
      storedRoom(`R${n}`, ownersFrom(`10.0.1.${n % 10}`, 5_000)),
    );
    registry.restore([...crowd, storedRoom("QUIET", ownersFrom("10.0.0.2", 100))]);
    const all = registry.rooms.flatMap((room) => room.toStored().owners);
    assert.ok(Buffer.byteLength(JSON.stringify(all)) < 32 * MiB);
    assert.equal(registry.find("QUIET")?.owners.toStored().length, 100);
  });

  it("A6: what is released makes place again, a closed room's owners included", async () => {
    const bytes = new OwnerBytes();
    const options = { maxParticipants: 10_000, isPresent: () => false, bytes, stored: [], awaitedUntil: 0 };
    const rooms = Array.from({ length: 5 }, () => new Owners(options));
    for (const owners of rooms) for (let n = 0; n < 15_000; n++) owners.claim(`${n}`, "10.0.0.1");
    assert.equal(bytes.crowding("10.0.0.1"), "10.0.0.1");
    const [first] = rooms;
    first?.moved("0", "10.0.0.2");
    assert.equal(first?.find("0")?.address, "10.0.0.2");
    first?.clear();
    assert.equal(bytes.crowding("10.0.0.1"), undefined);
    assert.equal(bytes.crowding("10.0.0.2"), undefined);
  });
});
