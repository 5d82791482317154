import type { ServerResponse } from "node:http";
import type { Disposable } from "../common/disposable";
import { EventStream, type EventStreamOptions } from "./eventStream";
import type { Room } from "./room";

/** The event streams of one hub, one per room that was ever watched. */
export class Watchers implements Disposable {
  readonly #options: EventStreamOptions;
  readonly #streams = new Map<Room, EventStream>();

  constructor(options: EventStreamOptions) {
    this.#options = options;
  }

  /** @throws Refusal */
  add(room: Room, response: ServerResponse): void {
    const stream = this.#streams.get(room) ?? new EventStream(room, this.#options);
    this.#streams.set(room, stream);
    stream.add(response);
  }

  dispose(): void {
    for (const stream of this.#streams.values()) stream.dispose();
    this.#streams.clear();
  }
}
