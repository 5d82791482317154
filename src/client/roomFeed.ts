import type { Clock } from "../common/clock";
import { Emitter, type Event } from "../common/event";
import type { RoomSummary } from "../protocol/room";
import type { RoomState } from "./roomState";

export interface RoomFeedOptions {
  hubUrl: string;
  /** As the hub returned it. */
  room: RoomSummary;
  clock?: Clock | undefined;
}

/** Follows one room's events and keeps its state, reconnecting by itself until disposed. */
export class RoomFeed {
  readonly #changed = new Emitter<RoomState>();
  /** Fires on a change only, never on a tick. */
  readonly onDidChangeState: Event<RoomState> = this.#changed.event;

  constructor(readonly options: RoomFeedOptions) {}

  get state(): RoomState {
    return {
      phase: { state: "connecting" },
      room: this.options.room,
      participants: new Map(),
      statusSince: new Map(),
      lastMetrics: new Map(),
    };
  }

  /** Connects now rather than at the next try: after sleep, a network change, or a click on "Retry". */
  reconnectNow(): void {}

  dispose(): void {}
}
