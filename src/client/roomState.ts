import type { HumanError } from "../common/humanError";
import type { LlmMetrics, RoomEvent } from "../protocol/events";
import type { ParticipantInfo, ParticipantStatus } from "../protocol/participant";
import { normaliseRoomCode, type RoomSummary } from "../protocol/room";

/** How true the rest of the state is at the moment. */
export type FeedPhase =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** `participants` stay as last known. `retryAt` is never where the host closed the room. */
  | { readonly state: "lost"; readonly error: HumanError; readonly retryAt: number };

/** All that is known of one room; immutable, replaced on a change. Nobody else keeps a copy. */
export interface RoomState {
  readonly phase: FeedPhase;
  readonly room: RoomSummary;
  /** By id. */
  readonly participants: ReadonlyMap<string, ParticipantInfo>;
  /** Since when each participant has its present status, Unix ms by the hub's clock; for tooltips. */
  readonly statusSince: ReadonlyMap<string, number>;
  /** The last completed request's metrics by participant id, where the hub told them. */
  readonly lastMetrics: ReadonlyMap<string, LlmMetrics>;
}

/** What changes a room's state: the hub's events, and the feed's own words (phase, a list that it polled). */
export type RoomChange =
  | RoomEvent
  | { readonly type: "feed.phase"; readonly phase: FeedPhase }
  | {
      readonly type: "feed.polled";
      readonly timestamp: number;
      readonly participants: readonly ParticipantInfo[];
    };

/** A hostile hub may announce any number; a team has a few. */
const MAX_PARTICIPANTS = 1_000;

export function emptyRoom(room: RoomSummary): RoomState {
  return {
    phase: { state: "connecting" },
    room,
    participants: new Map(),
    statusSince: new Map(),
    lastMetrics: new Map(),
  };
}

/** Pure. Returns the same object where nothing changed, so that `!==` means a change. */
export function reduceRoom(state: RoomState, change: RoomChange): RoomState {
  if ("roomCode" in change && change.roomCode !== undefined && !sameRoom(change.roomCode, state.room)) {
    return state;
  }
  switch (change.type) {
    case "connected": {
      const { room, participants } = change.data;
      const renamed = room ? withRoom(state, room) : state;
      return participants ? withList(renamed, participants, change.timestamp) : renamed;
    }
    case "room.created":
    case "room.updated":
      return withRoom(state, change.data);
    case "participant.joined":
    case "participant.updated":
      return withParticipant(state, change.data, change.timestamp);
    case "participant.left":
      return without(state, change.data.participantId);
    case "participant.offline":
      return withStatus(state, change.data.participantId, "offline", change.timestamp);
    case "room.closed":
      return state; // The feed ends with it, and says so in its phase.
    case "llm.queued":
    case "llm.request":
    case "llm.error":
      return state; // Who is busy is told by participant.updated or by the polled list, never guessed.
    case "llm.complete":
      return withMetrics(state, change.data.participantId, change.data.metrics);
    case "feed.phase":
      return same(state.phase, change.phase) ? state : { ...state, phase: change.phase };
    case "feed.polled":
      return withList(state, change.participants, change.timestamp);
    default:
      return change satisfies never;
  }
}

function sameRoom(code: string, room: RoomSummary): boolean {
  return normaliseRoomCode(code) === normaliseRoomCode(room.code);
}

function withRoom(state: RoomState, room: RoomSummary): RoomState {
  return sameRoom(room.code, state.room) && !same(room, state.room) ? { ...state, room } : state;
}

/** Takes the list for the truth: its order, and nobody who is not on it. */
function withList(state: RoomState, list: readonly ParticipantInfo[], timestamp: number): RoomState {
  const participants = new Map<string, ParticipantInfo>();
  const statusSince = new Map<string, number>();
  for (const info of list.slice(0, MAX_PARTICIPANTS)) {
    const known = state.participants.get(info.id);
    participants.set(info.id, known && sameCard(known, info) ? known : info);
    statusSince.set(info.id, sinceOf(state, info, timestamp));
  }
  if (same([...participants.keys()], [...state.participants.keys()])) {
    const changed = [...participants].some(([id, info]) => state.participants.get(id) !== info);
    return changed ? { ...state, participants, statusSince } : state;
  }
  const lastMetrics = new Map([...state.lastMetrics].filter(([id]) => participants.has(id)));
  return { ...state, participants, statusSince, lastMetrics };
}

function withParticipant(state: RoomState, info: ParticipantInfo, timestamp: number): RoomState {
  const known = state.participants.get(info.id);
  if (known && sameCard(known, info)) return state;
  if (!known && state.participants.size >= MAX_PARTICIPANTS) return state;
  return {
    ...state,
    participants: new Map(state.participants).set(info.id, info),
    statusSince: new Map(state.statusSince).set(info.id, sinceOf(state, info, timestamp)),
  };
}

function withStatus(state: RoomState, id: string, status: ParticipantStatus, timestamp: number): RoomState {
  const known = state.participants.get(id);
  return known ? withParticipant(state, { ...known, status }, timestamp) : state;
}

function without(state: RoomState, id: string): RoomState {
  if (!state.participants.has(id)) return state;
  return {
    ...state,
    participants: copyWithout(state.participants, id),
    statusSince: copyWithout(state.statusSince, id),
    lastMetrics: copyWithout(state.lastMetrics, id),
  };
}

function withMetrics(state: RoomState, id: string, metrics: LlmMetrics | undefined): RoomState {
  if (!metrics || !state.participants.has(id) || same(state.lastMetrics.get(id), metrics)) return state;
  return { ...state, lastMetrics: new Map(state.lastMetrics).set(id, metrics) };
}

/** Whoever is seen for the first time has had its status for longer than we know: its card says the latest change. */
function sinceOf(state: RoomState, info: ParticipantInfo, timestamp: number): number {
  const known = state.participants.get(info.id);
  if (known) return known.status === info.status ? (state.statusSince.get(info.id) ?? timestamp) : timestamp;
  return Math.min(timestamp, info.status === "offline" ? info.lastSeen : info.updatedAt);
}

/** Times that only say "still here" are no change: with them every heartbeat would be one. */
function sameCard(a: ParticipantInfo, b: ParticipantInfo): boolean {
  return same(card(a), card(b));
}

function card(info: ParticipantInfo): ParticipantInfo {
  return { ...info, lastSeen: 0, updatedAt: 0, connection: { ...info.connection, lastTunnelSeenAt: null } };
}

/** Values that a schema made: their keys are always in its order. */
function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}

function copyWithout<V>(map: ReadonlyMap<string, V>, key: string): ReadonlyMap<string, V> {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
