import { dirname } from "node:path";
import { runMocha } from "../support/runMocha";
import { testFiles } from "../support/testFiles";
import { COUNTS_VARIABLE, REPORT_MARK } from "../support/testModule";

/** Includes the first activation on a busy machine. */
const TIMEOUT_MS = 60_000;

/** Called by VS Code inside the extension host, in its server (runInVscode.ts) and on a desktop (runOnDesktop.ts). */
export async function run(): Promise<void> {
  const countsFile = process.env[COUNTS_VARIABLE];
  const { failed } = await runMocha({
    files: await testFiles(dirname(__filename)),
    timeoutMs: TIMEOUT_MS,
    countsFile,
    // In the server a browser's console is between us and the terminal, where other lines pass too.
    print: (text) => console.log(countsFile ? REPORT_MARK + text : text),
  });
  if (failed > 0) throw new Error(`${failed} failed`);
}
