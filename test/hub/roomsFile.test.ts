import assert from "node:assert/strict";
import fc from "fast-check";
import { Room } from "../../src/hub/room";
import { RoomPages } from "../../src/hub/roomPages";
import type { StoredRoom } from "../../src/hub/roomStore";
import { MemoryRoomStore } from "../../src/hub/roomStore";
import { readRooms, roomLine, roomsFile } from "../../src/hub/roomsFile";
import { fromStored } from "../../src/hub/storedFacts";
import { paths } from "../../src/protocol/paths";
import { createRoomSchema } from "../../src/protocol/room";
import { FakeClock } from "../support/fakeClock";
import { startHub } from "../support/startHub";

const text = fc.string({ unit: "binary", maxLength: 210 });
const defaults = fc.record(
  {
    temperature: fc.double({ min: 0, max: 2, noNaN: true }),
    max_tokens: fc.integer({ min: 1, max: 1e6 }),
    stop: fc.array(text, { maxLength: 5 }),
    seed: fc.integer(),
    instructions: text,
  },
  { requiredKeys: [] },
);
const body = fc.record({ name: text, defaults }, { requiredKeys: ["name"] });

/** As the next hub finds it. */
function reread(rooms: readonly StoredRoom[]) {
  const pages = new RoomPages();
  for (const room of rooms) pages.set(room.code, roomLine(room));
  return readRooms(Buffer.concat(roomsFile(pages.bytes())).toString());
}

describe("the file of rooms", () => {
  it("R4: gives back every room that a hub takes, whatever its name and defaults", () => {
    let taken = 0;
    fc.assert(
      fc.property(fc.array(body, { maxLength: 5 }), (bodies) => {
        const rooms = bodies.flatMap((each, at) => {
          const { data } = createRoomSchema.safeParse(each);
          if (!data) return [];
          taken++;
          const facts = {
            id: `${at}`,
            code: `ROOM${at}`,
            hostId: "h",
            createdAt: at,
            access: "open" as const,
          };
          return [new Room({ ...facts, ...data, access: "open" }, new FakeClock(), 10).toStored()];
        });
        const found = reread(rooms);
        assert.ok(found.kind === "rooms");
        assert.equal(found.unreadable, 0);
        assert.deepEqual(found.rooms.map(fromStored), rooms.map(fromStored));
      }),
      { numRuns: 300 },
    );
    assert.ok(taken > 100, `${taken}`);
  });

  it("R4: gives back every id that a hub takes", async () => {
    const store = new MemoryRoomStore();
    const hub = await startHub({ store });
    try {
      const code = await hub.makeRoom();
      const card = { nickname: "a", model: "m", endpoint: "http://localhost:1" };
      const ids = ["😀".repeat(50), "x".repeat(200), "é", "__proto__", "a/b?c#d", '"\\'];
      for (const id of ids) {
        assert.equal((await hub.ask("PUT", paths.participant(code, id), card)).status, 201, id);
      }
      hub.clock.advance(200);
      await hub.hub.close();
      const stored = await store.load();
      const found = reread(stored);
      assert.ok(found.kind === "rooms" && found.unreadable === 0);
      assert.deepEqual(
        found.rooms[0]?.owners.map(({ id }) => id),
        ids,
      );
    } finally {
      await hub.hub.close();
    }
  });
});
