import type { HumanError } from "../common/humanError";
import type { LlmMetrics, RoomEvent } from "../protocol/events";
import type { ParticipantInfo } from "../protocol/participant";
import type { RoomSummary } from "../protocol/room";

/** How true the rest of the state is at the moment. */
export type FeedPhase =
  | { readonly state: "connecting" }
  | { readonly state: "live" }
  /** `participants` stay as last known. */
  | { readonly state: "lost"; readonly error: HumanError; readonly retryAt: number };

/** All that is known of one room; immutable, replaced on a change. Nobody else keeps a copy. */
export interface RoomState {
  readonly phase: FeedPhase;
  readonly room: RoomSummary;
  /** By id. */
  readonly participants: ReadonlyMap<string, ParticipantInfo>;
  /** Since when each participant has its present status, Unix ms; for tooltips. */
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

/** Pure. Returns the same object where nothing changed, so that `!==` means a change. */
export function reduceRoom(state: RoomState, _change: RoomChange): RoomState {
  return state;
}
