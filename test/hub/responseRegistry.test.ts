import assert from "node:assert/strict";
import { defaultLimits } from "../../src/hub/limits";
import { MemoryRoomEvents } from "../../src/hub/memoryRoomEvents";
import { Passwords } from "../../src/hub/password";
import { ResponseRegistry } from "../../src/hub/responseRegistry";
import type { Room } from "../../src/hub/room";
import { RoomRegistry } from "../../src/hub/roomRegistry";
import { MemoryRoomStore } from "../../src/hub/roomStore";
import { FakeClock } from "../support/fakeClock";

describe("hub: who made which response", () => {
  const clock = new FakeClock();
  const events = new MemoryRoomEvents(clock, { count: 1, bytes: 1, bytesTogether: 1, unwatchedMs: 1 });
  const rooms = new RoomRegistry({
    ...{ clock, events, limits: defaultLimits },
    ...{ passwords: new Passwords(), store: new MemoryRoomStore() },
  });
  after(() => rooms.close());

  const card = { nickname: "n", model: "m", endpoint: "http://localhost:1" };
  const makeRoom = async () => {
    const { room } = await rooms.create({ name: "Team", access: "open" });
    room.register("p1", card);
    return { room, origin: { kind: "native", participantId: "p1" } as const };
  };
  const known = (registry: ResponseRegistry, room: Room, ids: readonly string[]) =>
    ids.filter((id) => registry.find(room, id) !== undefined);

  it("I12: a room that makes responses without end has its own forgotten, not others'", async () => {
    const registry = new ResponseRegistry(5);
    const [quiet, loud] = [await makeRoom(), await makeRoom()];
    for (const id of ["a", "b"]) registry.remember(quiet.room, id, quiet.origin);
    const many = Array.from({ length: 100 }, (_, n) => `r${n}`);
    for (const id of many) registry.remember(loud.room, id, loud.origin);
    assert.deepEqual(known(registry, quiet.room, ["a", "b"]), ["a", "b"]);
    assert.deepEqual(known(registry, loud.room, many), ["r97", "r98", "r99"]);
  });

  it("I12: what is forgotten makes place, a room's end included", async () => {
    const registry = new ResponseRegistry(3);
    const [one, two] = [await makeRoom(), await makeRoom()];
    for (const id of ["a", "b", "b", "c"]) registry.remember(one.room, id, one.origin);
    registry.forget(one.room, "a");
    registry.forget(one.room, "a");
    registry.remember(one.room, "d", one.origin);
    assert.deepEqual(known(registry, one.room, ["a", "b", "c", "d"]), ["b", "c", "d"]);
    registry.forgetRoom(one.room);
    for (const id of ["a", "b", "c", "d"]) registry.remember(two.room, id, two.origin);
    assert.deepEqual(known(registry, two.room, ["a", "b", "c", "d"]), ["b", "c", "d"]);
    assert.deepEqual(known(registry, one.room, ["b", "c", "d"]), []);
  });

  it("I12: an id that no path can hold is not kept", async () => {
    const registry = new ResponseRegistry();
    const { room, origin } = await makeRoom();
    const bad = ["", "a/b", "../x", "a b", "x".repeat(201), "a\n"];
    for (const id of bad) registry.remember(room, id, origin);
    assert.deepEqual(known(registry, room, bad), []);
    registry.remember(room, "__proto__", origin);
    assert.equal(registry.find(room, "__proto__"), origin);
    assert.equal(registry.find(room, "constructor"), undefined);
  });
});
