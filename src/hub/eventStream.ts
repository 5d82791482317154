import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import { type Clock, setRepeating } from "../common/clock";
import { type Disposable, toDisposable } from "../common/disposable";
import { SSE_KEEPALIVE_MS } from "../protocol/constants";
import type { RoomEvent } from "../protocol/events";
import { writeSse, writeSseComment } from "../protocol/sse";
import { asChunk, chunkSocketOf } from "./chunks";
import { addressOf, networkOf } from "./clientAddress";
import { Deadline } from "./deadline";
import type { JsonAnswers } from "./jsonAnswers";
import { limitReached, type Refusal } from "./refusal";
import type { Room } from "./room";
import type { PublishedEvent, RoomEvents, RoomSubscription } from "./roomEvents";
import { Snapshot } from "./snapshot";
import { whoGivesWay } from "./whoGivesWay";

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
  /** A watcher that has not read a long snapshot after this long is dropped. */
  snapshotMs: number;
  events: RoomEvents;
  answers: JsonAnswers;
}

/** Everyone who watches one room's events. */
export class EventStream implements Disposable {
  readonly #room: Room;
  readonly #options: EventStreamOptions;
  /** With the bytes of its greeting: a snapshot may be larger than what a watcher may owe. */
  readonly #watchers = new Map<ServerResponse, number>();
  readonly #subscription: RoomSubscription;
  #snapshot: Snapshot | undefined;
  readonly #onDidEmpty: () => void;

  /** @param onDidEmpty called when the last watcher has left, or the first was refused. */
  constructor(room: Room, options: EventStreamOptions, onDidEmpty: () => void) {
    this.#room = room;
    this.#options = options;
    this.#onDidEmpty = onDidEmpty;
    this.#subscription = options.events.subscribe(room.facts.code, (event) => this.#broadcast(event));
  }

  /**
   * Takes the response over, until either side ends it. @throws Refusal where too many watch already, and nobody gives way.
   * @param lastEventId of the last event that the watcher got before: then it gets what it missed, where that is known.
   */
  add(response: ServerResponse, lastEventId?: string): void {
    const network = networkOf(addressOf(response.req.socket));
    const givesWay = this.#whoGivesWayTo(network);
    const { pieces, held } = this.#greeting(network, lastEventId);
    if (givesWay) {
      this.#watchers.delete(givesWay);
      givesWay.destroy();
    }
    response.writeHead(200, eventStreamHeaders);
    for (const each of pieces) response.write(each);
    const greeting = response.writableLength;
    this.#watchers.set(response, greeting);
    const { clock } = this.#options;
    const keepAlive = setRepeating(clock, () => this.#write(response, greeting, ALIVE), SSE_KEEPALIVE_MS);
    this.#holdWhileUnread(response, held);
    response.once("close", () => {
      keepAlive.dispose();
      this.#watchers.delete(response);
      this.endUnwatched();
    });
  }

  /** @returns undefined where there is place. @throws Refusal */
  #whoGivesWayTo(network: string): ServerResponse | undefined {
    if (this.#watchers.size < this.#options.maxWatchers) return undefined;
    const theirNetwork = ({ req }: ServerResponse) => networkOf(addressOf(req.socket));
    const found = whoGivesWay(this.#watchers.keys(), theirNetwork, network);
    if (!found) throw tooManyWatchers();
    return found;
  }

  /** Where nobody watches any more, or after all. */
  endUnwatched(): void {
    if (this.#watchers.size === 0) this.#onDidEmpty();
  }

  #holdWhileUnread(response: ServerResponse, held: Disposable): void {
    if (!response.writableNeedDrain) {
      held.dispose();
      return;
    }
    const { clock, snapshotMs } = this.#options;
    const unread = new Deadline(clock, snapshotMs, () => response.destroy());
    const onRead = () => {
      unread.dispose();
      held.dispose();
    };
    response.once("drain", onRead);
    response.once("close", onRead);
  }

  get count(): number {
    return this.#watchers.size;
  }

  dispose(): void {
    this.#subscription.dispose();
    for (const response of this.#watchers.keys()) response.end();
  }

  #broadcast({ sse }: PublishedEvent): void {
    const chunk = asChunk([sse], sse.byteLength);
    for (const [response, greeting] of this.#watchers) this.#write(response, greeting, sse, chunk);
  }

  /** Nothing can happen between it and what is broadcast next: both are of one moment. */
  #greeting(network: string, lastEventId: string | undefined): Greeting {
    const missed = lastEventId === undefined ? undefined : this.#subscription.since(lastEventId);
    if (!missed) return this.#connected(network);
    const pieces = [this.#resumed(lastEventId), ...missed.map(({ sse }) => sse)];
    return { pieces, held: toDisposable(() => {}) };
  }

  /**
   * A watcher that does not read is dropped: it can come back for a new snapshot.
   * @param chunk the same as it goes over the network, made once for all watchers
   */
  #write(
    response: ServerResponse,
    greeting: number,
    text: Buffer,
    chunk = asChunk([text], text.byteLength),
  ): void {
    // It was ended, and its last bytes wait for a watcher that reads slowly.
    if (response.writableEnded) return;
    const socket = chunkSocketOf(response);
    if (response.writableLength > this.#options.maxBufferedBytes + greeting) response.destroy();
    else if (socket) socket.write(chunk);
    else response.write(text);
  }

  /**
   * Whoever comes within a second gets the same bytes, but for the client's id; of a long snapshot also where something
   * happened since, which then follows. @throws Refusal (429)
   */
  #connected(network: string): Greeting {
    const { clock, answers } = this.#options;
    const now = clock.monotonic();
    const made = this.#snapshot;
    const isUsable =
      made && now - made.at < SNAPSHOT_MS && (made.id === this.#subscription.lastId || made.isLong);
    const since = isUsable ? this.#subscription.since(made.id) : undefined;
    if (!since) answers.refuseWithoutPlace(network, this.#room.listBytes);
    const snapshot = made && since ? made : this.#makeSnapshot(this.#subscription.lastId, now);
    const held = snapshot.hold(network, answers);
    const pieces = [snapshot.head, randomUUID(), snapshot.tail, ...(since ?? []).map(({ sse }) => sse)];
    return { pieces, held };
  }

  #makeSnapshot(id: string, at: number): Snapshot {
    const room = this.#room;
    const participants = room.participants.map((record) => record.toInfo());
    const clientId = randomUUID();
    const text = this.#toSse(id, { clientId, room: room.toSummary(), participants });
    // The only place before what others wrote: nobody knew it.
    const split = text.indexOf(clientId);
    const tail = Buffer.from(text.slice(split + clientId.length));
    this.#snapshot = new Snapshot({ id, at, head: text.slice(0, split), tail });
    return this.#snapshot;
  }

  #resumed(id: string | undefined): string {
    return this.#toSse(id, { clientId: randomUUID(), resumed: true });
  }

  #toSse(id: string | undefined, data: Connected["data"]): string {
    const roomCode = this.#room.facts.code;
    const event: Connected = { type: "connected", timestamp: this.#options.clock.now(), roomCode, data };
    return writeSse({ event: event.type, ...(id !== undefined && { id }), data: JSON.stringify(event) });
  }
}

/** Gambi's terminal UI takes a stream without a client id for none, and then never reads the list. */
type Connected = Extract<RoomEvent, { type: "connected" }>;

/** What no event tells, as when somebody was last seen, may be so old in a snapshot, ms. */
const SNAPSHOT_MS = 1_000;

/** What a watcher gets first. */
interface Greeting {
  readonly pieces: readonly (string | Buffer)[];
  /** To be disposed once it is read. */
  readonly held: Disposable;
}

const ALIVE = Buffer.from(writeSseComment("alive"));

function tooManyWatchers(): Refusal {
  return limitReached("Too many watch this room.", "Close another window, or retry in a while.", 30);
}
