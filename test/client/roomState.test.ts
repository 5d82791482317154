import assert from "node:assert/strict";
import fc from "fast-check";
import { emptyRoom, type RoomChange, type RoomState, reduceRoom } from "../../src/client/roomState";
import { HumanError } from "../../src/common/humanError";
import type { LlmMetrics, RoomEvent } from "../../src/protocol/events";
import type { ParticipantInfo } from "../../src/protocol/participant";
import { participant, room } from "./samples";

const metrics: LlmMetrics = { ttftMs: 100, durationMs: 900, outputTokens: 40 };

function polled(participants: ParticipantInfo[], timestamp = 5_000): RoomChange {
  return { type: "feed.polled", timestamp, participants };
}

function joined(info: ParticipantInfo, timestamp = 5_000, roomCode = "ROOM23"): RoomEvent {
  return { type: "participant.joined", timestamp, roomCode, data: info };
}

function updated(info: ParticipantInfo, timestamp = 6_000): RoomEvent {
  return { type: "participant.updated", timestamp, roomCode: "ROOM23", data: info };
}

function gone(type: "participant.left" | "participant.offline", participantId: string): RoomEvent {
  return { type, timestamp: 7_000, roomCode: "ROOM23", data: { participantId } };
}

function completed(participantId: string, told: LlmMetrics | undefined = metrics): RoomEvent {
  return { type: "llm.complete", timestamp: 8_000, data: { requestId: "q", participantId, metrics: told } };
}

function stateOf(...participants: ParticipantInfo[]): RoomState {
  return reduceRoom(emptyRoom(room()), polled(participants, 3_000));
}

/** Everything on a card but the times that only say "still here". */
function cards(participants: Iterable<ParticipantInfo>): unknown[] {
  return [...participants].map(({ lastSeen: _, updatedAt: __, connection, ...rest }) => ({
    ...rest,
    connected: connection.connected,
  }));
}

describe("reduceRoom", () => {
  it("C2: takes a snapshot's room and participants, in its order", () => {
    const state = reduceRoom(emptyRoom(room()), {
      type: "connected",
      timestamp: 4_000,
      roomCode: "room23",
      data: { room: room({ name: "Renamed" }), participants: [participant("b"), participant("a")] },
    });
    assert.equal(state.room.name, "Renamed");
    assert.deepEqual([...state.participants.keys()], ["b", "a"]);
  });

  it("C2: leaves the state alone where `connected` carries nothing", () => {
    const state = stateOf(participant("a"));
    assert.equal(reduceRoom(state, { type: "connected", timestamp: 4_000, data: {} }), state);
  });

  it("C2: adds, changes and removes a participant, and never touches the state before", () => {
    const empty = stateOf();
    const one = reduceRoom(empty, joined(participant("a", { status: "offline" })));
    const two = reduceRoom(one, updated(participant("a", { model: "qwen3" })));
    const none = reduceRoom(two, gone("participant.left", "a"));
    assert.equal(empty.participants.size, 0);
    assert.equal(one.participants.get("a")?.status, "offline");
    assert.equal(two.participants.get("a")?.model, "qwen3");
    assert.deepEqual([none.participants.size, none.statusSince.size, none.lastMetrics.size], [0, 0, 0]);
  });

  it("is silent where nothing changed: a repeated event, a tick, an unknown id", () => {
    const state = stateOf(participant("a"), participant("b", { status: "offline" }));
    const ticked = participant("a", {
      lastSeen: 99_000,
      updatedAt: 99_000,
      connection: { kind: "tunnel", connected: true, lastTunnelSeenAt: 99_000 },
    });
    const silent: RoomChange[] = [
      updated(participant("a")),
      updated(ticked),
      polled([ticked, participant("b", { status: "offline" })]),
      gone("participant.offline", "b"),
      gone("participant.offline", "nobody"),
      gone("participant.left", "nobody"),
      completed("nobody"),
      { type: "room.created", timestamp: 1, data: room() },
      { type: "feed.phase", phase: { state: "connecting" } },
    ];
    for (const change of silent) assert.equal(reduceRoom(state, change), state, change.type);
  });

  it("keeps the very objects of participants that a list repeats", () => {
    const state = stateOf(participant("a"), participant("b"));
    const next = reduceRoom(state, polled([participant("a"), participant("b", { status: "busy" })]));
    assert.equal(next.participants.get("a"), state.participants.get("a"));
    assert.notEqual(next.participants.get("b"), state.participants.get("b"));
  });

  it("ignores what is said of another room, and reads codes in any case", () => {
    const state = stateOf();
    assert.equal(reduceRoom(state, joined(participant("a"), 1, "OTHER2")), state);
    assert.equal(reduceRoom(state, joined(participant("a"), 1, "room23")).participants.size, 1);
    const other: RoomEvent = {
      type: "room.created",
      timestamp: 1,
      data: room({ code: "OTHER2", name: "x" }),
    };
    assert.equal(reduceRoom(state, other), state);
    const foreign: RoomEvent = {
      type: "connected",
      timestamp: 1,
      data: { room: room({ code: "OTHER2", name: "x" }) },
    };
    assert.equal(reduceRoom(state, foreign), state);
  });

  it("tells since when a status holds, by the hub's time", () => {
    let state = stateOf(
      participant("a", { updatedAt: 1_500 }),
      participant("b", { status: "offline", lastSeen: 700 }),
      participant("c", { updatedAt: 9e9 }),
    );
    assert.deepEqual(
      [...state.statusSince],
      [
        ["a", 1_500],
        ["b", 700],
        ["c", 3_000],
      ],
    );
    state = reduceRoom(state, updated(participant("a", { status: "busy" }), 6_000));
    assert.equal(state.statusSince.get("a"), 6_000);
    state = reduceRoom(state, updated(participant("a", { status: "busy", nickname: "New" }), 6_500));
    assert.equal(state.statusSince.get("a"), 6_000);
    // A hub whose clock went back is believed all the same.
    state = reduceRoom(state, updated(participant("a"), 100));
    assert.equal(state.statusSince.get("a"), 100);
    state = reduceRoom(state, gone("participant.offline", "a"));
    assert.equal(state.statusSince.get("a"), 7_000);
  });

  it("remembers the last metrics of who is in the room, and of nobody else", () => {
    let state = reduceRoom(stateOf(participant("a")), completed("a"));
    assert.deepEqual(state.lastMetrics.get("a"), metrics);
    assert.equal(reduceRoom(state, completed("a", { ...metrics })), state);
    assert.equal(
      reduceRoom(state, { ...completed("a"), data: { requestId: "q", participantId: "a" } } as RoomEvent),
      state,
    );
    state = reduceRoom(state, polled([]));
    assert.equal(state.lastMetrics.size, 0);
  });

  it("C4: keeps the participants where the hub is lost", () => {
    const live = stateOf(participant("a"));
    const error = new HumanError("HUB_UNREACHABLE", "gone", "wait");
    const lost = reduceRoom(live, { type: "feed.phase", phase: { state: "lost", error, retryAt: 9 } });
    assert.deepEqual(lost.phase, { state: "lost", error, retryAt: 9 });
    assert.equal(lost.participants, live.participants);
  });

  it("holds a bounded number of participants, whatever a hub announces", () => {
    let state = stateOf(...Array.from({ length: 1_500 }, (_, n) => participant(`p${n}`)));
    assert.equal(state.participants.size, 1_000);
    state = reduceRoom(state, joined(participant("one more")));
    assert.equal(state.participants.size, 1_000);
  });
});

const anyParticipant = fc
  .record({
    id: fc.constantFrom("a", "b", "c", "d"),
    status: fc.constantFrom("online" as const, "busy" as const, "offline" as const),
    model: fc.constantFrom("m1", "m2"),
    lastSeen: fc.nat(10_000),
    updatedAt: fc.nat(10_000),
    connected: fc.boolean(),
  })
  .map(({ id, connected, ...rest }) =>
    participant(id, { ...rest, connection: { kind: "tunnel", connected, lastTunnelSeenAt: rest.lastSeen } }),
  );
const anyList = fc.uniqueArray(anyParticipant, { selector: ({ id }) => id });
const anyId = fc.constantFrom("a", "b", "c", "d", "unknown");
const timestamp = fc.integer({ min: -1_000_000, max: 1_000_000 });
const anyChange: fc.Arbitrary<RoomChange> = fc.oneof(
  fc.tuple(anyParticipant, timestamp).map(([info, at]) => joined(info, at)),
  fc.tuple(anyParticipant, timestamp).map(([info, at]) => updated(info, at)),
  anyId.map((id) => gone("participant.left", id)),
  anyId.map((id) => gone("participant.offline", id)),
  anyId.map((id) => completed(id)),
  anyList.map((list) => polled(list)),
  fc.constant<RoomChange>({ type: "feed.phase", phase: { state: "live" } }),
);

describe("reduceRoom, whatever happened before", () => {
  it("C2: a list is the state afterwards", () => {
    fc.assert(
      fc.property(fc.array(anyChange), anyList, fc.boolean(), (changes, list, asSnapshot) => {
        const before = changes.reduce(reduceRoom, emptyRoom(room()));
        const last: RoomChange = asSnapshot
          ? { type: "connected", timestamp: 1, data: { participants: list } }
          : polled(list);
        const after = reduceRoom(before, last);
        assert.deepEqual(cards(after.participants.values()), cards(list));
        assert.deepEqual(
          [...after.statusSince.keys()],
          list.map(({ id }) => id),
        );
        assert.equal(reduceRoom(after, last), after);
      }),
    );
  });

  it("a new object means a difference, and the old one is untouched", () => {
    fc.assert(
      fc.property(fc.array(anyChange), anyChange, (changes, change) => {
        const before = changes.reduce(reduceRoom, emptyRoom(room()));
        const copy = structuredClone(before);
        const after = reduceRoom(before, change);
        assert.deepEqual(before, copy);
        if (after !== before) assert.notDeepEqual({ ...after }, copy);
        for (const id of after.lastMetrics.keys()) assert.ok(after.participants.has(id));
      }),
    );
  });
});
