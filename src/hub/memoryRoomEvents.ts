import type { Clock } from "../common/clock";
import { toDisposable } from "../common/disposable";
import type { RoomEvent } from "../protocol/events";
import { RoomEventLog } from "./roomEventLog";
import type { PublishedEvent, RoomEvents, RoomSubscription } from "./roomEvents";

export interface EventsKept {
  /** Of one room. */
  count: number;
  /** Of one room, as they are sent. */
  bytes: number;
  /** Of all rooms of the hub. */
  bytesTogether: number;
  /** After the last watcher left, ms: one who comes back later gets a snapshot. */
  unwatchedMs: number;
}

interface Watched {
  readonly log: RoomEventLog;
  readonly listeners: Set<(published: PublishedEvent) => void>;
}

/**
 * The events of one hub's rooms. A room that nobody watches costs nothing: only who has watched can know an id to come
 * back with, so a log begins with the first watcher and ends some time after the last.
 */
export class MemoryRoomEvents implements RoomEvents {
  readonly #clock: Clock;
  readonly #kept: EventsKept;
  readonly #rooms = new Map<string, Watched>();
  /** Since when nobody watches them any more, in that order. */
  readonly #left = new Map<string, number>();
  #bytes = 0;

  constructor(clock: Clock, kept: EventsKept) {
    this.#clock = clock;
    this.#kept = kept;
  }

  publish(roomCode: string, event: RoomEvent): void {
    const room = this.#rooms.get(roomCode);
    if (!room) return;
    const published = room.log.append(event);
    this.#bytes += published.sse.byteLength;
    this.#trim(room.log);
    for (const listener of room.listeners) listener(published);
  }

  subscribe(roomCode: string, onPublished: (published: PublishedEvent) => void): RoomSubscription {
    const room = this.#rooms.get(roomCode) ?? { log: new RoomEventLog(), listeners: new Set() };
    this.#rooms.set(roomCode, room);
    this.#left.delete(roomCode);
    const listener = (published: PublishedEvent) => onPublished(published);
    room.listeners.add(listener);
    const { dispose } = toDisposable(() => {
      room.listeners.delete(listener);
      if (room.listeners.size > 0 || this.#rooms.get(roomCode) !== room) return;
      this.#left.set(roomCode, this.#clock.monotonic());
    });
    return {
      get lastId() {
        return room.log.lastId;
      },
      since: (id) => room.log.since(id),
      dispose,
    };
  }

  forget(roomCode: string): void {
    this.#bytes -= this.#rooms.get(roomCode)?.log.bytes ?? 0;
    this.#rooms.delete(roomCode);
    this.#left.delete(roomCode);
  }

  /** What only the passing of time changes; costs nothing where nothing is due. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [roomCode, leftAt] of this.#left) {
      if (now - leftAt < this.#kept.unwatchedMs) return;
      this.forget(roomCode);
    }
  }

  /** The room that has something to tell gives up its own oldest: others' logs are no more its concern than their events. */
  #trim(log: RoomEventLog): void {
    const { count, bytes, bytesTogether } = this.#kept;
    while (log.count > 0 && (log.count > count || log.bytes > bytes || this.#bytes > bytesTogether)) {
      this.#bytes -= log.dropOldest();
    }
  }
}
