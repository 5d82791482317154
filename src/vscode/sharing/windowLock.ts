import { createHash } from "node:crypto";
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HumanError } from "../../common/humanError";

/** A window that holds a lock answers at once, ms. */
const ASK_TIMEOUT_MS = 1_000;
/** To stop sharing there means to end requests and to leave the room, ms. */
const RELEASE_TIMEOUT_MS = 6_000;
const MAX_COMMAND_LENGTH = 64;
/** To replace a stale socket takes milliseconds, ms. */
const STALE_MARK_MS = 10_000;
const releaseCommand = "release\n";
/** Said to whoever waits where the user ended what was locked; a window that only closes or reloads says nothing. */
const endedWord = "ended\n";

/** Held by one window of this user on this machine; the system frees it when the window's process ends, however it ends. */
export interface WindowLock {
  /** Idempotent; resolves when another window can take the lock. `ended`: the user wants none to take it over. */
  release(options?: { ended: boolean }): Promise<void>;
}

export interface TakeLockOptions {
  /** What is locked; windows that use the same name exclude one another. */
  name: string;
  /** Another window asks for the lock: whoever holds it gives up what it guards, then releases. */
  onDidAsk: () => void;
  /** Where sockets lie, for tests. */
  folder?: string;
}

/**
 * Takes a lock that is a local socket somebody listens on, or returns undefined where another window holds it. A socket
 * file that a crashed window left behind answers nobody and is replaced. @throws HumanError where another user is in the way
 */
export async function takeWindowLock(options: TakeLockOptions): Promise<WindowLock | undefined> {
  const path = socketPath(options);
  const first = await listen(path, options.onDidAsk);
  if (first) return first;
  if (process.platform === "win32" || (await isHeld(path))) return undefined;
  return replaceStale(path, options.onDidAsk);
}

/** Asks the window that holds the lock to give it up; resolves to whether it is free now. */
export async function askForRelease(
  options: Pick<TakeLockOptions, "name" | "folder"> & { timeoutMs?: number },
): Promise<boolean> {
  const path = socketPath(options);
  await exchange(path, releaseCommand, options.timeoutMs ?? RELEASE_TIMEOUT_MS);
  return !(await isHeld(path));
}

/** Waits until the lock is free, or `ended`: given up because the user ended what it guards; `held` after `timeoutMs`. */
export async function waitForRelease(
  options: Pick<TakeLockOptions, "name" | "folder"> & { timeoutMs: number },
): Promise<"free" | "ended" | "held"> {
  const path = socketPath(options);
  const said = await exchange(path, "wait\n", options.timeoutMs);
  if (said === endedWord) return "ended";
  return (await isHeld(path)) ? "held" : "free";
}

/** Whether some window, this one included, holds the lock. */
export function isLockHeld(options: Pick<TakeLockOptions, "name" | "folder">): Promise<boolean> {
  return isHeld(socketPath(options));
}

function socketPath({ name, folder }: Pick<TakeLockOptions, "name" | "folder">): string {
  // Hashed: a socket's path is at most about 100 characters long.
  const id = createHash("sha256").update(name).digest("hex").slice(0, 24);
  if (process.platform === "win32") return `\\\\.\\pipe\\llm-rooms-${id}`;
  const directory = folder ?? join(tmpdir(), `llm-rooms-${process.getuid?.() ?? -1}`);
  // Only this user may ask a window to stop.
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (!isOwnFolder(directory)) throw notOwn(directory);
  chmodSync(directory, 0o700);
  return join(directory, `${id}.sock`);
}

/** Whoever else is on this machine could have made it before us, or a link in its place to some folder of ours. */
function isOwnFolder(path: string): boolean {
  const found = lstatSync(path);
  return found.isDirectory() && found.uid === process.getuid?.();
}

function notOwn(directory: string): HumanError {
  const hint = "Have it removed, or start VS Code with another TMPDIR.";
  return new HumanError("SETUP_FAILED", `${directory} is no folder of yours.`, hint);
}

/** Of several windows that find the same stale file, one replaces it: two that did would both believe to hold the lock. */
async function replaceStale(path: string, onDidAsk: () => void): Promise<WindowLock | undefined> {
  const mark = `${path}.replacing`;
  if (!makeFile(mark)) return undefined;
  try {
    if (await isHeld(path)) return undefined;
    rmSync(path, { force: true });
    return await listen(path, onDidAsk);
  } finally {
    rmSync(mark, { force: true });
  }
}

/** Whether it was not there before; one that a crash left behind goes, so that the next try succeeds. */
function makeFile(path: string): boolean {
  try {
    closeSync(openSync(path, "wx"));
    return true;
  } catch {
    const made = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
    if (Date.now() - made > STALE_MARK_MS) rmSync(path, { force: true });
    return false;
  }
}

function listen(path: string, onDidAsk: () => void): Promise<WindowLock | undefined> {
  return new Promise((resolve, reject) => {
    const waiting = new Set<Socket>();
    const server = createServer((socket) => {
      waiting.add(socket);
      // A window that asked and went away needs no answer.
      socket.on("error", () => {}).once("close", () => waiting.delete(socket));
      let received = "";
      socket.setEncoding("utf8").on("data", (text: string) => {
        received = (received + text).slice(0, MAX_COMMAND_LENGTH);
        if (received === releaseCommand) onDidAsk();
      });
    });
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(path, () => {
      server.unref();
      resolve({ release: ({ ended } = { ended: false }) => close(server, waiting, ended ? endedWord : "") });
    });
  });
}

/** Whoever waits for the release sees its connection end. */
function close(server: Server, waiting: ReadonlySet<Socket>, lastWord: string): Promise<void> {
  return new Promise((resolve) => {
    // An error means that it was closed before.
    server.close(() => resolve());
    for (const socket of waiting) socket.end(lastWord, () => socket.destroy());
  });
}

async function isHeld(path: string): Promise<boolean> {
  return (await exchange(path, "", ASK_TIMEOUT_MS)) !== undefined;
}

/**
 * Connects, sends, and (where something was sent) waits until the other side hangs up.
 * @returns what it said meanwhile, or undefined where nobody listens
 */
function exchange(path: string, text: string, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const timer = setTimeout(() => end(), timeoutMs);
    let said: string | undefined;
    const end = () => {
      clearTimeout(timer);
      socket.destroy();
      resolve(said);
    };
    socket.once("connect", () => {
      said = "";
      if (text) socket.write(text);
      else end();
    });
    socket.setEncoding("utf8").on("data", (heard: string) => {
      said = `${said ?? ""}${heard}`.slice(0, MAX_COMMAND_LENGTH);
    });
    // ENOENT and ECONNREFUSED: nobody listens there. After a connection: the holder hung up.
    socket.once("error", end).once("close", end);
  });
}
