// Usage: node dist/test/runInNode.js COUNTS_FILE PATH…: runs bundled tests (files, or all in a folder) in this process.
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { runMocha } from "./support/runMocha";
import { testFiles } from "./support/testFiles";

/** A person's steps through a real window take longer than any unit. */
const TIMEOUT_MS = 60_000;

async function main([countsFile, ...paths]: string[]): Promise<void> {
  const files = await Promise.all(
    paths.map(async (path) => ((await stat(path)).isDirectory() ? testFiles(path) : [resolve(path)])),
  );
  const { failed } = await runMocha({ files: files.flat(), timeoutMs: TIMEOUT_MS, countsFile });
  // Not by exit code alone: a test that left a socket or a timer must show as a hang, not be cut off.
  process.exitCode = failed > 0 ? 1 : 0;
}

void main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
