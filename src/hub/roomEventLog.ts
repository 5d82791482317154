import { randomBytes } from "node:crypto";
import type { RoomEvent } from "../protocol/events";
import { writeSse } from "../protocol/sse";
import type { PublishedEvent } from "./roomEvents";

/** Random enough that no two logs ever share one, so that an id says which log it is of. */
const EPOCH_BYTES = 8;
const ID = /^([0-9a-f]{16})-(\d{1,15})$/;

/** The latest events of one room, oldest first, in the order of their ids. */
export class RoomEventLog {
  readonly #epoch = randomBytes(EPOCH_BYTES).toString("hex");
  #events: PublishedEvent[] = [];
  /** Events before it were dropped. */
  #start = 0;
  #lastSeq = 0;
  #bytes = 0;

  /** Of the events that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get count(): number {
    return this.#events.length - this.#start;
  }

  get lastId(): string {
    return `${this.#epoch}-${this.#lastSeq}`;
  }

  append(event: RoomEvent): PublishedEvent {
    this.#lastSeq++;
    const id = this.lastId;
    const sse = Buffer.from(writeSse({ event: event.type, id, data: JSON.stringify(event) }));
    const published = { id, sse };
    this.#events.push(published);
    this.#bytes += sse.byteLength;
    return published;
  }

  /** @returns how many bytes that freed. */
  dropOldest(): number {
    const oldest = this.#events[this.#start++];
    // Moving the rest each time would cost as much as the log is long.
    if (this.#start > this.#events.length / 2) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
    const freed = oldest?.sse.byteLength ?? 0;
    this.#bytes -= freed;
    return freed;
  }

  /** Undefined where the id is not of this log, or what followed it is not kept any more. */
  since(id: string): readonly PublishedEvent[] | undefined {
    const [, epoch, digits] = ID.exec(id) ?? [];
    const missed = this.#lastSeq - Number(digits);
    if (epoch !== this.#epoch || missed < 0 || missed > this.count) return undefined;
    return this.#events.slice(this.#events.length - missed);
  }
}
