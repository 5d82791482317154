import { writeFile } from "node:fs/promises";
import { format } from "node:util";
import Mocha from "mocha";

export interface Counts {
  passed: number;
  failed: number;
}

export interface RunMochaOptions {
  /** Bundled test files, absolute. */
  files: readonly string[];
  timeoutMs: number;
  /** Where the counts are written as JSON, for the process that started this one. */
  countsFile?: string;
  /** Fail a test that adds a global variable. */
  checkLeaks?: boolean;
  /** Takes what the reporter prints. */
  print?: (text: string) => void;
}

/** Runs mocha over files and prints as it goes. A skipped test counts as failed: nothing is left out in silence. */
export async function runMocha(options: RunMochaOptions): Promise<Counts> {
  const { files, timeoutMs, countsFile, checkLeaks = false, print = console.log } = options;
  // For the programs that tests start, VS Code's windows included: none speaks to the network that the tester is in.
  process.env.LLM_ROOMS_MDNS = "off";
  Mocha.reporters.Base.consoleLog = (...args: unknown[]) => print(format(...args));
  const mocha = new Mocha({
    timeout: timeoutMs,
    forbidPending: true,
    forbidOnly: true,
    failZero: true,
    checkLeaks,
  });
  // tslib, which the library that makes certificates brings, puts its helpers there.
  mocha.globals(["__*"]);
  for (const file of files) mocha.addFile(file);
  await mocha.loadFilesAsync();
  const counts = await new Promise<Counts>((resolve) => {
    const runner = mocha.run((failed) => resolve({ passed: runner.stats?.passes ?? 0, failed }));
  });
  if (countsFile) await writeFile(countsFile, JSON.stringify(counts));
  return counts;
}
