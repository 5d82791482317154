import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Clock, setRepeating } from "../common/clock";
import { type Disposable, DisposableStore } from "../common/disposable";
import { SSE_KEEPALIVE_MS } from "../protocol/constants";
import type { RoomEvent } from "../protocol/events";
import { writeSse, writeSseComment } from "../protocol/sse";
import { Refusal } from "./refusal";
import type { Room } from "./room";

export const eventStreamHeaders = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache, no-transform",
  // Else nginx collects events until its buffer is full.
  "x-accel-buffering": "no",
} as const;

export interface EventStreamOptions {
  clock: Clock;
  /** Unread bytes at which a watcher is dropped. */
  maxBufferedBytes: number;
  maxWatchers: number;
}

/** Everyone who watches one room's events. Each event is written once, however many watch. */
export class EventStream implements Disposable {
  readonly #room: Room;
  readonly #options: EventStreamOptions;
  readonly #watchers = new Set<ServerResponse>();
  readonly #disposables = new DisposableStore();

  constructor(room: Room, options: EventStreamOptions) {
    this.#room = room;
    this.#options = options;
    this.#disposables.add(room.onDidHappen((event) => this.#broadcast(toSse(event))));
  }

  /** Takes the response over, until either side ends it. @throws Refusal where too many watch already. */
  add(response: ServerResponse): void {
    if (this.#watchers.size >= this.#options.maxWatchers) throw tooManyWatchers();
    response.writeHead(200, eventStreamHeaders);
    response.write(toSse(this.#connected()));
    this.#watchers.add(response);
    const { clock } = this.#options;
    const keepAlive = setRepeating(clock, () => this.#write(response, ALIVE), SSE_KEEPALIVE_MS);
    response.once("close", () => {
      keepAlive.dispose();
      this.#watchers.delete(response);
    });
  }

  dispose(): void {
    this.#disposables.dispose();
    for (const response of this.#watchers) response.end();
  }

  #broadcast(text: string): void {
    for (const response of this.#watchers) this.#write(response, text);
  }

  /** A watcher that does not read is dropped: it can come back for a new snapshot. */
  #write(response: ServerResponse, text: string): void {
    if (response.writableLength > this.#options.maxBufferedBytes) response.destroy();
    else response.write(text);
  }

  #connected(): RoomEvent {
    const room = this.#room;
    const participants = room.participants.map((record) => record.toInfo());
    // Gambi's terminal UI takes a stream without a client id for none, and then never reads the list.
    const data = { clientId: randomUUID(), room: room.toSummary(), participants };
    return { type: "connected", timestamp: this.#options.clock.now(), roomCode: room.facts.code, data };
  }
}

const ALIVE = writeSseComment("alive");

function toSse(event: RoomEvent): string {
  return writeSse({ event: event.type, data: JSON.stringify(event) });
}

function tooManyWatchers(): Refusal {
  return new Refusal(
    429,
    "INVALID_REQUEST",
    "Too many watch this room.",
    "Retry later, or close another window.",
  );
}
