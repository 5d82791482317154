// Usage: node dist/test/runInNode.js COUNTS_FILE PATH…: runs bundled tests (files, or all in a folder) in this process.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { exitOnSignal } from "./support/exitOnSignal";
import { runMocha } from "./support/runMocha";
import { testFiles } from "./support/testFiles";

/** A person's steps through a real window take longer than any unit. */
const TIMEOUT_MS = 180_000;
/** Whatever still runs this long after the last test was left open by one. */
const LINGER_MS = 10_000;

async function main([countsFile, ...paths]: string[]): Promise<void> {
  const files = await Promise.all(
    paths.map(async (path) => ((await stat(path)).isDirectory() ? testFiles(path) : [resolve(path)])),
  );
  const { failed } = await runMocha({
    files: files.flat(),
    timeoutMs: TIMEOUT_MS,
    countsFile,
    checkLeaks: true,
  });
  process.exitCode = failed > 0 ? 1 : 0;
  setTimeout(() => {
    console.error(`The tests left something open: ${process.getActiveResourcesInfo().join(", ")}`);
    process.exit(1);
  }, LINGER_MS).unref();
}

exitOnSignal();
void main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
