import assert from "node:assert/strict";
import fc from "fast-check";
import type { Disposable } from "../../src/common/disposable";
import { Refusal } from "../../src/hub/refusal";
import { Room } from "../../src/hub/room";
import { Tunnel } from "../../src/hub/tunnel";
import { MAX_LISTED_BYTES, OFFLINE_LISTED_MS, PARTICIPANT_TIMEOUT } from "../../src/protocol/constants";
import { type RoomEvent, roomEventSchema } from "../../src/protocol/events";
import type { ParticipantInfo } from "../../src/protocol/participant";
import { tunnelClose } from "../../src/protocol/tunnel";
import { FakeClock } from "../support/fakeClock";
import { FakeTunnelSocket } from "../support/fakeTunnelSocket";

const card = { nickname: "Ada", model: "m", endpoint: "http://localhost:1" };

function makeRoom(maxParticipants = 10) {
  const clock = new FakeClock();
  const access = "open" as const;
  const facts = { id: "room", code: "ABCDEF", name: "Team", hostId: "host", createdAt: clock.now(), access };
  const room = new Room(facts, clock, maxParticipants);
  const events: RoomEvent[] = [];
  room.onDidHappen((event) => events.push(roomEventSchema.parse(event)));
  const connect = (id: string) => {
    const record = room.find(id);
    if (!record) return undefined;
    const tunnel = new Tunnel(new FakeTunnelSocket(), { clock, isOurs: true, log: () => {} });
    room.connect(record, tunnel);
    return tunnel;
  };
  return { clock, room, events, connect };
}

/** What a watcher knows who had nothing but the events. */
function replay(events: readonly RoomEvent[]): Map<string, ParticipantInfo> {
  const known = new Map<string, ParticipantInfo>();
  for (const event of events) {
    if (event.type === "participant.joined" || event.type === "participant.updated") {
      known.set(event.data.id, event.data);
    }
    if (event.type === "participant.left") known.delete(event.data.participantId);
  }
  return known;
}

const shown = ({ nickname, status, capacity, connection, config }: ParticipantInfo) => ({
  nickname,
  status,
  capacity,
  config,
  connected: connection.connected,
});

describe("hub: room, without a socket", () => {
  it("E2: whoever follows the events knows what the list says, and no event repeats the one before", () => {
    const id = fc.constantFrom("a", "b");
    const status = fc.constantFrom("online" as const, "busy" as const, "offline" as const);
    const act = fc.oneof(
      fc.record({ kind: fc.constant("register" as const), id, nickname: fc.constantFrom("x", "y") }),
      fc.record({ kind: fc.constant("connect" as const), id }),
      fc.record({ kind: fc.constant("disconnect" as const), id }),
      fc.record({ kind: fc.constant("remove" as const), id }),
      fc.record({ kind: fc.constant("heartbeat" as const), id, capacity: fc.constantFrom(undefined, 1, 2) }),
      fc.record({ kind: fc.constant("say" as const), id, status, active: fc.nat(2) }),
      fc.record({ kind: fc.constant("take" as const), id }),
      fc.record({ kind: fc.constant("give" as const) }),
      fc.record({
        kind: fc.constant("wait" as const),
        ms: fc.constantFrom(1_000, PARTICIPANT_TIMEOUT, OFFLINE_LISTED_MS),
      }),
    );
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const { room, clock, events, connect } = makeRoom();
        const slots: Disposable[] = [];
        for (const each of acts) {
          const record = "id" in each ? room.find(each.id) : undefined;
          if (each.kind === "register") room.register(each.id, { ...card, nickname: each.nickname });
          if (each.kind === "give") slots.pop()?.dispose();
          if (each.kind === "wait") {
            clock.advance(each.ms);
            room.sweep(0, PARTICIPANT_TIMEOUT);
          }
          if (!record) continue;
          if (each.kind === "connect") connect(each.id);
          if (each.kind === "disconnect") record.tunnel?.close(tunnelClose.timedOut);
          if (each.kind === "remove") room.remove(record);
          if (each.kind === "heartbeat") room.heartbeat(record, { capacity: each.capacity });
          if (each.kind === "say") room.heartbeat(record, { status: each.status, active: each.active });
          if (each.kind === "take") slots.push(room.takeSlot(record));
          assert.ok(record.active >= 0);
        }
        const known = replay(events);
        const listed = room.participants.map((record) => record.toInfo());
        assert.deepEqual(
          listed.map((info) => [info.id, shown(info)]).sort(),
          [...known.values()].map((info) => [info.id, shown(info)]).sort(),
        );
        const last = new Map<string, string>();
        for (const event of events) {
          if (event.type === "participant.left") last.delete(event.data.participantId);
          if (event.type !== "participant.joined" && event.type !== "participant.updated") continue;
          const text = JSON.stringify(shown(event.data));
          assert.notEqual(text, last.get(event.data.id));
          last.set(event.data.id, text);
        }
        for (const slot of slots) slot.dispose();
        assert.ok(room.participants.every(({ active }) => active === 0));
      }),
      { numRuns: 300 },
    );
  });

  it("S1: a slot is given back once, however often that is asked for", () => {
    const { room, connect } = makeRoom();
    const { record } = room.register("a", { ...card, capacity: 2 });
    connect("a");
    const [one, two] = [room.takeSlot(record), room.takeSlot(record)];
    assert.equal(record.status, "busy");
    one.dispose();
    one.dispose();
    assert.equal(record.active, 1);
    assert.equal(record.status, "online");
    two.dispose();
    assert.equal(record.active, 0);
  });

  it("S3: a request that outlives its participant's stay changes nothing in the room", () => {
    const { room, connect, events } = makeRoom();
    const { record } = room.register("a", card);
    connect("a");
    const slot = room.takeSlot(record);
    room.remove(record);
    const told = events.length;
    slot.dispose();
    assert.equal(events.length, told);
    const again = room.register("a", card);
    assert.equal(again.created, true);
    assert.equal(again.record.active, 0);
    assert.equal(room.remove(record), false, "the old record is not the new one");
  });

  it("T2: the superseded tunnel's end and words are nobody's any more", () => {
    const { room, connect } = makeRoom();
    const { record } = room.register("a", card);
    const first = connect("a");
    connect("a");
    first?.receive('{"type":"tunnel.status","status":"busy","active":0}');
    first?.socketClosed();
    assert.equal(record.status, "online");
  });

  it("S5: an offline participant that comes back in time stays", () => {
    const { room, connect, clock } = makeRoom();
    const { record } = room.register("a", card);
    connect("a")?.close(tunnelClose.timedOut);
    clock.advance(OFFLINE_LISTED_MS - 1);
    room.sweep(0, PARTICIPANT_TIMEOUT);
    room.heartbeat(record, {});
    connect("a");
    clock.advance(1);
    room.sweep(0, PARTICIPANT_TIMEOUT);
    assert.equal(room.find("a"), record);
    assert.equal(record.status, "online");
  });

  it("L5: a room is full when the list of its participants is as long as a client reads", () => {
    const { room } = makeRoom(10_000);
    const long = { ...card, endpoint: `http://localhost/${"e".repeat(1_900)}` };
    const isFull = (error: unknown) => error instanceof Refusal && error.code === "LIMIT_REACHED";
    const fill = () => {
      for (let n = 0; n < 10_000; n++) room.register(`p${n}`, long);
    };
    assert.throws(fill, isFull);
    const listed = room.participants.map((record) => record.toInfo());
    const bytes = Buffer.byteLength(JSON.stringify(listed));
    assert.ok(bytes <= MAX_LISTED_BYTES && bytes > MAX_LISTED_BYTES / 2, `${bytes} bytes`);
    room.register("p0", card);
    room.register("new", card);
    for (const record of room.participants) room.remove(record);
    assert.equal(room.listBytes, 0);
  });

  it("M7: a PUT that frees a participant by its capacity is one event", () => {
    const { room, connect, events } = makeRoom();
    const { record } = room.register("a", card);
    connect("a");
    room.takeSlot(record);
    const told = events.length;
    room.register("a", { ...card, capacity: 2 });
    assert.equal(events.length, told + 1);
    const info = record.toInfo();
    assert.equal(info.status, "online");
    assert.equal(info.capacity, 2);
  });
});
