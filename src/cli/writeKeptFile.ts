import { randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { makeFolder } from "../hub/makeFolder";
import { replaceFile } from "../hub/replaceFile";

/** To write one takes milliseconds: what has lain there for so long is a crash's, ms. */
const STALE_MS = 10 * 60_000;
/** Beside a file of this program's, named after it. */
const temporaryName = /^[0-9a-f]{32}(\.json)?\.[0-9a-f-]+$/;

/**
 * Writes a file that is its owner's alone, whole or not at all, and makes its folder where it is missing: another program may write
 * the same at this moment. @throws the system's error, and nothing is left behind then
 */
export async function writeKeptFile(path: string, content: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}`;
  await makeFolder(dirname(path));
  try {
    await replaceFile(path, content, temporary);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {}); // It may not even be there.
    throw error;
  }
  await removeStale(dirname(path)).catch(() => {}); // The next one that is written tries again.
}

/** What was half written when a program or the machine ended. */
async function removeStale(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => temporaryName.test(name));
  for (const name of names) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_MS) await rm(path, { force: true });
  }
}
