import { readdir, readFile } from "node:fs/promises";

/** Ids of the processes whose command line holds all of these texts; on Linux, where /proc tells. */
export async function processesWith(...texts: string[]): Promise<number[]> {
  const ids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    // A process that ended meanwhile has no command line.
    ids.map((id) => readFile(`/proc/${id}/cmdline`, "utf8").catch(() => "")),
  );
  return ids.filter((_, at) => texts.every((text) => lines[at]?.includes(text))).map(Number);
}
