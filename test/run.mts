/**
 * `npm test`: every check that there is, in order of cost, stopping at the first stage that fails. The last line is
 * always `N passed, N failed`. Run by Node itself, before anything is built, so it imports nothing of the project.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Stage {
  name: string;
  /** For the shell; paths in it hold no spaces. Counts, where there are any, are written to the file. */
  command: (countsFile: string) => string;
  /** A stage that hangs is ended, and has failed. */
  timeoutMs: number;
  /** The stage writes how many tests passed and failed; any other stage counts as one. */
  counts?: boolean;
}

interface Counts {
  passed: number;
  failed: number;
}

const MINUTE_MS = 60_000;
/** In which a stage that is told to end may close its browsers and servers. */
const GRACE_MS = 5_000;
/** Its tests start processes: mostly waiting, so that they run beside the others. */
const PROGRAM = "cli";
/** Folders of dist/test that have a stage of their own, or hold no tests. */
const OWN_STAGE = new Set(["e2e", "package", "support", "vscode", PROGRAM]);
const INSTALLED = "dist/test/e2e/installed.test.js";

const countsFolder = mkdtempSync(join(tmpdir(), "llm-rooms-counts-"));
const inNode = (countsFile: string, paths: string[]) =>
  `node dist/test/runInNode.js ${countsFile} ${paths.join(" ")}`;

/** One after the other; what stands in a list of its own runs at the same time. */
const STAGES: (Stage | Stage[])[] = [
  { name: "types", command: () => "npm run --silent types", timeoutMs: 2 * MINUTE_MS },
  { name: "lint", command: () => "npm run --silent lint", timeoutMs: 2 * MINUTE_MS },
  { name: "build", command: () => "node esbuild.mjs --tests", timeoutMs: MINUTE_MS },
  [
    {
      name: "house, units, the hub over real sockets, and the chat page",
      command: (counts) => inNode(counts, builtFolders()),
      timeoutMs: 8 * MINUTE_MS,
      counts: true,
    },
    {
      name: "the terminal program",
      command: (counts) => inNode(counts, [`dist/test/${PROGRAM}`]),
      timeoutMs: 8 * MINUTE_MS,
      counts: true,
    },
  ],
  {
    name: "the extension inside VS Code",
    command: (counts) => `node dist/test/runInVscode.js ${counts}`,
    timeoutMs: 6 * MINUTE_MS,
    counts: true,
  },
  {
    name: "as a person in the workbench",
    command: (counts) => inNode(counts, builtWorkbenchTests()),
    timeoutMs: 8 * MINUTE_MS,
    counts: true,
  },
  { name: "package", command: () => "npm run --silent package", timeoutMs: 2 * MINUTE_MS },
  {
    name: "the package, installed",
    command: (counts) => inNode(counts, ["dist/test/package", INSTALLED]),
    timeoutMs: 4 * MINUTE_MS,
    counts: true,
  },
];

function builtFolders(): string[] {
  const entries = readdirSync("dist/test", { withFileTypes: true });
  return entries
    .filter((entry) => entry.isDirectory() && !OWN_STAGE.has(entry.name))
    .map(({ name }) => `dist/test/${name}`);
}

function builtWorkbenchTests(): string[] {
  const files = readdirSync("dist/test/e2e").filter((name) => name.endsWith(".test.js"));
  return files.map((name) => `dist/test/e2e/${name}`).filter((path) => path !== INSTALLED);
}

/** Resolves to whether the command ended well. @param output a file's descriptor, or "inherit". */
function execute(
  { command, timeoutMs, name }: Stage,
  countsFile: string,
  output: number | "inherit",
): Promise<boolean> {
  return new Promise((resolve) => {
    // A process group of its own: a stage that hangs is ended with all that it started.
    const child = spawn(command(countsFile), {
      shell: true,
      stdio: ["inherit", output, output],
      detached: process.platform !== "win32",
    });
    const interrupt = () => end(child, "SIGINT");
    process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
    const politely = setTimeout(() => {
      console.log(`\n${name} did not end within ${timeoutMs / MINUTE_MS} min.`);
      end(child, "SIGTERM");
    }, timeoutMs);
    const atOnce = setTimeout(() => end(child, "SIGKILL"), timeoutMs + GRACE_MS);
    child.once("error", (error) => console.log(error.message));
    child.once("close", (code) => {
      clearTimeout(politely);
      clearTimeout(atOnce);
      process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
      resolve(code === 0);
    });
  });
}

function end({ pid, exitCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined || exitCode !== null) return;
  if (process.platform === "win32") spawn("taskkill", ["/pid", String(pid), "/T", "/F"], { stdio: "ignore" });
  else process.kill(-pid, signal);
}

/** What a stage adds to the sum. One that ended badly has failed at least once, whatever it counted. */
function countsOf(stage: Stage, countsFile: string, succeeded: boolean): Counts {
  if (!stage.counts) return { passed: succeeded ? 1 : 0, failed: succeeded ? 0 : 1 };
  let counted: Counts = { passed: 0, failed: 1 };
  try {
    counted = JSON.parse(readFileSync(countsFile, "utf8")) as Counts;
  } catch {
    console.log("The stage ended before it had counted its tests.");
  }
  rmSync(countsFile, { force: true });
  return { passed: counted.passed, failed: succeeded ? counted.failed : Math.max(1, counted.failed) };
}

/** Runs one stage; what it says is shown while it runs, or (`held`) when its turn has come. */
async function runStage(stage: Stage, index: number, held?: Promise<unknown>): Promise<Counts> {
  const startedAt = performance.now();
  const countsFile = join(countsFolder, `counts-${index}.json`);
  const log = join(countsFolder, `output-${index}.log`);
  const output = held ? openSync(log, "w") : "inherit";
  if (!held) console.log(`\n== ${stage.name}`);
  const counts = countsOf(stage, countsFile, await execute(stage, countsFile, output));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  await held;
  if (typeof output === "number") {
    closeSync(output);
    console.log(`\n== ${stage.name}\n${readFileSync(log, "utf8")}`);
  }
  console.log(`-- ${stage.name}: ${counts.failed ? "FAILED" : "ok"}, ${seconds} s`);
  return counts;
}

async function main(): Promise<void> {
  const sum: Counts = { passed: 0, failed: 0 };
  for (const stages of STAGES) {
    let before: Promise<Counts> | undefined;
    const running = [stages].flat().map((stage, index) => {
      before = runStage(stage, index, before);
      return before;
    });
    for (const { passed, failed } of await Promise.all(running)) {
      sum.passed += passed;
      sum.failed += failed;
    }
    if (sum.failed) break;
  }
  rmSync(countsFolder, { recursive: true, force: true });
  process.exitCode = sum.failed ? 1 : 0;
  console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
}

await main();
