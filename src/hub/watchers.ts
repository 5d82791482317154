import type { ServerResponse } from "node:http";
import type { Disposable } from "../common/disposable";
import { EventStream, type EventStreamOptions } from "./eventStream";
import type { Room } from "./room";

/** The event streams of one hub, one per room that is watched. */
export class Watchers implements Disposable {
  readonly #options: EventStreamOptions;
  readonly #streams = new Map<Room, EventStream>();

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** Open streams, of all rooms. */
  get count(): number {
    return [...this.#streams.values()].reduce((sum, stream) => sum + stream.count, 0);
  }

  /** @throws Refusal */
  add(room: Room, response: ServerResponse, lastEventId?: string): void {
    const stream = this.#streams.get(room) ?? this.#open(room);
    try {
      stream.add(response, lastEventId);
    } finally {
      stream.endUnwatched();
    }
  }

  dispose(): void {
    for (const stream of this.#streams.values()) stream.dispose();
    this.#streams.clear();
  }

  #open(room: Room): EventStream {
    const stream = new EventStream(room, this.#options, () => {
      this.#streams.delete(room);
      closing.dispose();
      stream.dispose();
    });
    const closing = room.onDidClose(() => stream.dispose());
    this.#streams.set(room, stream);
    return stream;
  }
}
