import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { errorCode } from "../common/errorCode";

/**
 * A folder for this user alone, and those above it where they are missing. One by one: Node's own `recursive` never ends in a
 * folder such as /proc, which lets nobody make one and says that it is not there itself. @throws the system's error
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await makeOne(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await makeOne(path);
  }
}

async function makeOne(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    // Whether it is a folder shows when it is used.
    if (errorCode(error) !== "EEXIST") throw error;
  }
}
