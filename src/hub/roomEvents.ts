import type { Disposable } from "../common/disposable";
import type { RoomEvent } from "../protocol/events";

/** An event with its place in its room's order, written as watchers get it: once, however many watch. */
export interface PublishedEvent {
  /** `<epoch>-<seq>`; unique among all rooms and all runs of all hubs. */
  readonly id: string;
  readonly sse: Buffer;
}

/** One room as somebody watches it, from the subscription on until disposed. */
export interface RoomSubscription extends Disposable {
  /** The latest event's: whatever that event and those before it did is in a snapshot that is taken now. */
  readonly lastId: string;
  /** What was published after that id, in order; undefined where that is not known, or not any more. */
  since(id: string): readonly PublishedEvent[] | undefined;
}

/** How a room's events reach those who watch it: in the hub's own memory, or by an engine that several hubs share. */
export interface RoomEvents {
  publish(roomCode: string, event: RoomEvent): void;
  subscribe(roomCode: string, onPublished: (published: PublishedEvent) => void): RoomSubscription;
  /** The room is no more: nobody comes back to its events. */
  forget(roomCode: string): void;
}
