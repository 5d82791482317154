import { constants, copyFile, readFile, rename, stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { diskFull } from "../common/diskFull";
import { errorCode } from "../common/errorCode";
import { describeError, HumanError } from "../common/humanError";
import { type FolderLock, lockFolder } from "./folderLock";
import { makeFolder } from "./makeFolder";
import { replaceFile } from "./replaceFile";
import { RoomPages } from "./roomPages";
import type { RoomStore, StoredRoom } from "./roomStore";
import { readRooms, roomLine, roomsFile } from "./roomsFile";

const FILE_NAME = "rooms.json";
/** 20,000 rooms are some 10 MB; what is larger is none of ours, and too much to read into memory, bytes. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/** Changes that one write brings to the disk, by room; undefined where the room is no more. */
interface Batch {
  readonly changes: Map<string, string | undefined>;
  readonly written: Promise<void>;
}

export type Log = (line: string) => void;

/**
 * A folder that keeps a hub's rooms in one file. It is this hub's until `close()`.
 * @throws HumanError where it cannot be used, another hub uses it, or a later version of the program wrote it.
 */
export async function openFileRoomStore(folder: string, log: Log): Promise<FileRoomStore> {
  const path = resolve(folder);
  const lock = await inWords(path, async () => {
    await makeFolder(path);
    return lockFolder(path);
  });
  try {
    const { rooms, warning } = await inWords(path, () => readFolder(path));
    if (warning !== undefined) log(warning);
    return new FileRoomStore({ file: join(path, FILE_NAME), lock, rooms, warning, log });
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Rooms in one file, which is replaced as a whole: changes that come while it is written share the next write. */
export class FileRoomStore implements RoomStore {
  readonly #file: string;
  readonly #lock: FolderLock;
  readonly #log: Log;
  #loaded: readonly StoredRoom[];
  /** What is on the disk, or is being written. */
  readonly #pages: RoomPages;
  #batch: Batch | undefined;
  /** Settles with the last write that was begun; never rejects. */
  #written: Promise<void> = Promise.resolve();
  #lastFailure: string | undefined;
  #closing: Promise<void> | undefined;
  /** For whoever starts the hub: what was set aside, and where. */
  readonly warning: string | undefined;

  constructor(options: {
    file: string;
    lock: FolderLock;
    rooms: readonly StoredRoom[];
    warning: string | undefined;
    log: Log;
  }) {
    this.#file = options.file;
    this.#lock = options.lock;
    this.#log = options.log;
    this.#loaded = options.rooms;
    this.#pages = pagesOf(options.rooms);
    this.warning = options.warning;
  }

  async load(): Promise<readonly StoredRoom[]> {
    const loaded = this.#loaded;
    this.#loaded = [];
    return loaded;
  }

  save(room: StoredRoom): Promise<void> {
    return this.#change(room.code, roomLine(room));
  }

  remove(code: string): Promise<void> {
    return this.#change(code, undefined);
  }

  close(): Promise<void> {
    this.#closing ??= this.#written
      .then(() => this.#lock.release())
      .catch((error) => this.#log(`${this.#file} stays locked: ${describeError(error)}`));
    return this.#closing;
  }

  async #change(code: string, line: string | undefined): Promise<void> {
    if (this.#closing) throw new Error("The store of rooms is closed.");
    this.#batch ??= this.#nextBatch();
    this.#batch.changes.set(code, line);
    await this.#batch.written;
  }

  /** Its write begins when the one before has ended. */
  #nextBatch(): Batch {
    const changes = new Map<string, string | undefined>();
    const written = this.#written.then(() => {
      this.#batch = undefined;
      return this.#write(changes);
    });
    // Whoever asked for a change hears of a failure; the next write is tried all the same.
    this.#written = written.catch(() => {});
    return { changes, written };
  }

  async #write(changes: Batch["changes"]): Promise<void> {
    const before = [...changes.keys()].map((code) => [code, this.#pages.get(code)] as const);
    if (before.every(([code, line]) => changes.get(code) === line)) return;
    for (const [code, line] of changes) this.#pages.set(code, line);
    try {
      const pieces = roomsFile(this.#pages.bytes());
      if (sizeOf(pieces) > MAX_FILE_BYTES) throw new Error("there is no place for more rooms");
      await replaceFile(this.#file, pieces);
      this.#tellRecovery();
    } catch (error) {
      for (const [code, line] of before) this.#pages.set(code, line);
      this.#tellFailure(error);
      throw error;
    }
  }

  /** A full disk stays full for a while: it is told once, not at every change. */
  #tellFailure(error: unknown): void {
    const text = describeError(error);
    if (text !== this.#lastFailure) this.#log(`${this.#file} could not be written: ${text}`);
    this.#lastFailure = text;
  }

  #tellRecovery(): void {
    if (this.#lastFailure !== undefined) this.#log(`${this.#file} can be written again.`);
    this.#lastFailure = undefined;
  }
}

interface Found {
  readonly rooms: readonly StoredRoom[];
  readonly warning?: string;
}

async function readFolder(folder: string): Promise<Found> {
  const file = join(folder, FILE_NAME);
  const size = await fileSize(file);
  if (size === undefined) return { rooms: [] };
  const found = size > MAX_FILE_BYTES ? undefined : readRooms(await readFile(file, "utf8"));
  if (found?.kind === "newer") throw tooNew(file, found.version);
  if (found?.kind !== "rooms") {
    const aside = await setAside(file, rename);
    return { rooms: [], warning: `${file} is no list of rooms: it was set aside as ${aside}.` };
  }
  const { rooms, unreadable } = found;
  if (unreadable === 0) return { rooms };
  // Copied, so that a crash at this moment loses nothing.
  const aside = await setAside(file, (from, to) => copyFile(from, to, constants.COPYFILE_EXCL));
  await replaceFile(file, roomsFile(pagesOf(rooms).bytes()));
  const lost = `${unreadable} of its ${rooms.length + unreadable} rooms cannot be read`;
  return { rooms, warning: `${file} is damaged, ${lost}: it was set aside as ${aside}.` };
}

/** @returns its new name, which no other file has. */
async function setAside(file: string, put: (from: string, to: string) => Promise<void>): Promise<string> {
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, "");
  let name = `${file}.corrupt-${time}`;
  for (let n = 2; (await fileSize(name)) !== undefined; n++) name = `${file}.corrupt-${time}-${n}`;
  await put(file, name);
  return name;
}

function pagesOf(rooms: readonly StoredRoom[]): RoomPages {
  const pages = new RoomPages();
  for (const room of rooms) pages.set(room.code, roomLine(room));
  return pages;
}

function sizeOf(pieces: readonly Buffer[]): number {
  return pieces.reduce((size, { byteLength }) => size + byteLength, 0);
}

async function fileSize(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What the system says of a folder, for whoever chose it. */
async function inWords<T>(folder: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof HumanError) throw error;
    const full = diskFull(folder, error);
    if (full) throw full;
    const code = errorCode(error);
    throw new HumanError(
      "SETUP_FAILED",
      `Rooms cannot be kept in ${folder}${typeof code === "string" ? ` (${code})` : ""}.`,
      "Choose a folder that this user can write to.",
      { cause: error },
    );
  }
}

function tooNew(file: string, version: number): HumanError {
  return new HumanError(
    "SETUP_FAILED",
    `${file} was written by a later version of LLM Rooms (format ${version}).`,
    "Update this program, or give the hub another folder.",
  );
}
