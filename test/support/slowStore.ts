import type { RoomStore, StoredRoom } from "../../src/hub/roomStore";

interface Asked {
  /** Undefined where a room is to be removed. */
  room: StoredRoom | undefined;
  code: string;
  resolve: () => void;
  reject: () => void;
}

/** A disk that answers when the test says so. */
export class SlowStore implements RoomStore {
  /** What it was asked for and has not answered. */
  readonly open: Asked[] = [];
  /** What the next hub would find. */
  readonly stored = new Map<string, StoredRoom>();
  closed = false;

  async load(): Promise<readonly StoredRoom[]> {
    return [];
  }

  save(room: StoredRoom): Promise<void> {
    return this.#ask(room.code, structuredClone(room));
  }

  remove(code: string): Promise<void> {
    return this.#ask(code, undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
  }

  /** Answers what it was asked first. */
  answer(): void {
    this.open.shift()?.resolve();
  }

  fail(): void {
    this.open.shift()?.reject();
  }

  #ask(code: string, room: StoredRoom | undefined): Promise<void> {
    if (this.closed) return Promise.reject(new Error("The store is closed."));
    return new Promise((done, failed) => {
      const resolve = () => {
        if (room) this.stored.set(code, room);
        else this.stored.delete(code);
        done();
      };
      this.open.push({ room, code, resolve, reject: () => failed(new Error("The disk is full.")) });
    });
  }
}
