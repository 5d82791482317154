import { setImmediate as nextTurn } from "node:timers/promises";
import { type Clock, wait } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { Refusal } from "./refusal";
import type { Room } from "./room";
import type { RoomFacts } from "./roomFacts";
import type { RoomStore, StoredRoom } from "./roomStore";

/** Who joined is stored with whoever joins meanwhile, ms. */
const JOINS_MS = 200;
/** Joins that could not be stored are tried again, ms. */
const RETRY_MS = 5_000;
/** A disk that does not answer must not keep whoever made the change waiting, ms. */
const STORE_TIMEOUT_MS = 10_000;
/** Changes of one room that wait for one another. */
const MAX_WAITING = 16;

/** Brings rooms to a store, each room's changes one after the other: what is stored is never older than what was. */
export class RoomSaver {
  readonly #store: RoomStore | undefined;
  readonly #clock: Clock;
  readonly #isThere: (room: Room) => boolean;
  readonly #joined = new Set<Room>();
  readonly #waiting = new Map<string, { count: number; last: Promise<unknown> }>();
  #timer: Disposable | undefined;
  /** Settles when no joins are on their way to the store; never rejects. */
  #saving: Promise<void> = Promise.resolve();
  #closing: Promise<void> | undefined;

  /** @param store none where rooms end with the hub @param isThere whether the hub still has that room */
  constructor(store: RoomStore | undefined, clock: Clock, isThere: (room: Room) => boolean) {
    this.#store = store;
    this.#clock = clock;
    this.#isThere = isThere;
  }

  /** Resolves once the room is stored; one that comes too late is taken back. @throws Refusal */
  async create(stored: StoredRoom): Promise<void> {
    const store = this.#store;
    if (!store) return;
    const saved = store.save(stored);
    await this.#inTime(saved, () => {
      // Its maker was refused. That this fails too is told in the store's own log.
      saved.then(() => store.remove(stored.code)).catch(() => {});
    });
  }

  /** Changes the room's facts once they are stored. @throws Refusal, and nothing is changed then */
  update(room: Room, change: (facts: RoomFacts) => RoomFacts): Promise<void> {
    return this.#inTurn(room.facts.code, async () => {
      const facts = change(room.facts);
      const saved = this.#store?.save(room.toStored(facts));
      if (saved) await this.#inTime(saved, () => this.#restore(room, saved));
      room.replaceFacts(facts);
    });
  }

  /** Forgets the room in the store, then calls back. @throws Refusal, and the room stays then */
  remove(room: Room, onRemoved: () => void): Promise<void> {
    return this.#inTurn(room.facts.code, async () => {
      if (!this.#isThere(room)) return;
      const removed = this.#store?.remove(room.facts.code);
      if (removed) await this.#inTime(removed, () => this.#restore(room, removed));
      onRemoved();
    });
  }

  /** Stores the room soon: what changed is worth no wait. */
  saveSoon(room: Room): void {
    if (this.#closing || !this.#store) return;
    this.#joined.add(room);
    this.#saveJoinedIn(JOINS_MS);
  }

  /** Stores what is not stored yet, and closes the store; idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    // Else those who joined last would be on their way while the store is closed.
    this.#timer?.dispose();
    await this.#saving;
    await this.#saveJoined();
    await this.#store?.close();
  }

  #saveJoinedIn(ms: number): void {
    this.#timer ??= this.#clock.setTimeout(() => {
      const before = this.#saving;
      this.#saving = this.#saveJoined().then(() => before);
    }, ms);
  }

  /** Never rejects: what fails is tried again. */
  async #saveJoined(): Promise<void> {
    this.#timer?.dispose();
    this.#timer = undefined;
    const rooms = [...this.#joined];
    this.#joined.clear();
    const saved: Promise<void>[] = [];
    for (const room of rooms) {
      saved.push(this.#saveNow(room));
      // Thousands of owners take a while to be put in a line: others' tokens pass meanwhile.
      await nextTurn();
    }
    await Promise.all(saved);
    if (this.#joined.size === 0 || this.#closing) return;
    this.#saveJoinedIn(RETRY_MS);
  }

  async #saveNow(room: Room): Promise<void> {
    try {
      await this.#inTurn(room.facts.code, async () => {
        if (this.#isThere(room)) await this.#store?.save(room.toStored());
      });
    } catch {
      this.#joined.add(room); // The store has logged it.
    }
  }

  /** What was refused because it took too long may yet be done: then it is undone. */
  #restore(room: Room, late: Promise<void>): void {
    late.then(() => this.saveSoon(room)).catch(() => {}); // Not done at all: nothing to undo.
  }

  async #inTurn<T>(code: string, act: () => Promise<T>): Promise<T> {
    const waiting = this.#waiting.get(code) ?? { count: 0, last: Promise.resolve() };
    if (waiting.count >= MAX_WAITING) throw notStored();
    waiting.count++;
    const turn = waiting.last.then(act);
    waiting.last = turn.catch(() => {}); // Whoever asked for it hears of it.
    this.#waiting.set(code, waiting);
    try {
      return await turn;
    } finally {
      if (--waiting.count === 0) this.#waiting.delete(code);
    }
  }

  /** @throws Refusal where it fails, or takes too long: then what it does later is `onLate`'s concern. */
  async #inTime(stored: Promise<void>, onLate: () => void): Promise<void> {
    const done = new AbortController();
    const isInTime = await Promise.race([
      stored.then(
        () => true,
        () => false,
      ),
      wait(this.#clock, STORE_TIMEOUT_MS, done.signal).then(() => "late" as const),
    ]);
    done.abort();
    if (isInTime === true) return;
    if (isInTime === "late") onLate();
    throw notStored();
  }
}

function notStored(): Refusal {
  const hint = "The disk of the hub may be full: its log says more. Retry later.";
  return new Refusal(503, "INTERNAL_ERROR", "The hub could not store that.", hint);
}
