import { randomUUID } from "node:crypto";
import { copyFile, link, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { errorCode } from "../common/errorCode";
import { HumanError } from "../common/humanError";

const LOCK_NAME = "hub.lock";
/** Held for the moment in which one of several starting hubs replaces what a killed one left. */
const TAKEOVER_NAME = "hub.lock.takeover";
/** A hub needs milliseconds to take over. */
const TRY_AGAIN_MS = 50;
const MAX_TRIES = 40;

/** `born` tells a process from a later one with the same number: in a container every hub may be number 1. */
const holderSchema = z.object({ pid: z.number().int().positive(), born: z.string().max(200) });
type Holder = z.infer<typeof holderSchema>;

/** Held by one process; a process that ended, however it ended, holds it no longer. */
export interface FolderLock {
  release(): Promise<void>;
}

/** @throws HumanError where a hub that runs holds it. */
export async function lockFolder(folder: string): Promise<FolderLock> {
  const path = join(folder, LOCK_NAME);
  const id = randomUUID();
  const own = `${path}.${id}`;
  const text = JSON.stringify({ pid: process.pid, born: (await bornAt(process.pid)) ?? "", id });
  try {
    // Written first and then given its name: nobody ever finds a lock without its content.
    await writeFile(own, text, { mode: 0o600 });
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const taken = (await takes(own, path)) || (await takesOver(own, path, folder));
      if (taken) return { release: () => release(path, text) };
      await sleep(TRY_AGAIN_MS);
    }
    throw isTaken(folder, "another process");
  } finally {
    await rm(own, { force: true });
  }
}

async function takes(own: string, path: string): Promise<boolean> {
  try {
    await link(own, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** A stale lock is replaced and never removed: nobody can slip in between. @throws HumanError where it is not stale. */
async function takesOver(own: string, path: string, folder: string): Promise<boolean> {
  const takeover = join(folder, TAKEOVER_NAME);
  await refuseWhereHeld(path, folder);
  if (!(await takes(own, takeover))) {
    if (!(await holderOf(takeover))) await rm(takeover, { force: true });
    return false;
  }
  try {
    await refuseWhereHeld(path, folder);
    await copyFile(own, `${own}.new`);
    await rename(`${own}.new`, path);
    return true;
  } finally {
    await rm(takeover, { force: true });
  }
}

async function refuseWhereHeld(path: string, folder: string): Promise<void> {
  const holder = await holderOf(path);
  if (holder) throw isTaken(folder, `process ${holder.pid}`);
}

/** Undefined where it is free or stale. */
async function holderOf(path: string): Promise<Holder | undefined> {
  const text = await readIfThere(path);
  const holder = text === undefined ? undefined : holderIn(text);
  return holder && (await isAlive(holder)) ? holder : undefined;
}

async function release(path: string, text: string): Promise<void> {
  if ((await readIfThere(path)) === text) await rm(path, { force: true });
}

async function isAlive({ pid, born }: Holder): Promise<boolean> {
  if (pid !== process.pid && !isRunning(pid)) return false;
  const bornNow = await bornAt(pid);
  // Where the system does not tell, a process with that number is taken for the same.
  return bornNow === undefined || bornNow === born;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, "EPERM");
  }
}

/** When a process began, in a form that no two share; "" where it is a zombie, undefined where the system does not tell. */
async function bornAt(pid: number): Promise<string | undefined> {
  if (process.platform !== "linux") return pid === process.pid ? String(performance.timeOrigin) : undefined;
  const stat = await readIfThere(`/proc/${pid}/stat`);
  const boot = await readIfThere("/proc/sys/kernel/random/boot_id");
  // The second field is the program's name, which may hold spaces and brackets.
  const fields = stat?.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (!fields || !boot) return undefined;
  return /^[ZX]/.test(fields[0] ?? "") ? "" : `${boot.trim()}/${fields[19]}`;
}

function holderIn(text: string): Holder | undefined {
  try {
    return holderSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Cut off by a power failure: whoever wrote it runs no more.
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT") || isCode(error, "ESRCH")) return undefined;
    throw error;
  }
}

function isCode(error: unknown, code: string): boolean {
  return errorCode(error) === code;
}

function isTaken(folder: string, by: string): HumanError {
  return new HumanError(
    "SETUP_FAILED",
    `Another hub, ${by}, keeps its rooms in ${folder}.`,
    `Stop it, or give this one a folder of its own. If no hub runs there, remove ${join(folder, LOCK_NAME)}.`,
  );
}
