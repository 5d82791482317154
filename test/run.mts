/**
 * `npm test`: every check that there is, in order of cost, stopping at the first stage that fails. The last line is
 * always `N passed, N failed`. Run by Node itself, before anything is built, so it imports nothing of the project.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Stage {
  name: string;
  /** For the shell; paths in it hold no spaces. */
  command: () => string;
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
/** Folders of dist/test that have a stage of their own, or hold no tests. */
const OWN_STAGE = new Set(["e2e", "package", "support", "vscode"]);
const INSTALLED = "dist/test/e2e/installed.test.js";

const countsFolder = mkdtempSync(join(tmpdir(), "llm-rooms-counts-"));
const countsFile = join(countsFolder, "counts.json");
const inNode = (...paths: string[]) => `node dist/test/runInNode.js ${countsFile} ${paths.join(" ")}`;

const STAGES: Stage[] = [
  { name: "types", command: () => "npm run --silent types", timeoutMs: 2 * MINUTE_MS },
  { name: "lint", command: () => "npm run --silent lint", timeoutMs: 2 * MINUTE_MS },
  { name: "build", command: () => "node esbuild.mjs --tests", timeoutMs: MINUTE_MS },
  {
    name: "house, units, and the hub over real sockets",
    command: () => inNode(...builtFolders()),
    timeoutMs: 5 * MINUTE_MS,
    counts: true,
  },
  {
    name: "the extension inside VS Code",
    command: () => `node dist/test/runInVscode.js ${countsFile}`,
    timeoutMs: 6 * MINUTE_MS,
    counts: true,
  },
  {
    name: "as a person in the workbench",
    command: () => inNode(...builtWorkbenchTests()),
    timeoutMs: 8 * MINUTE_MS,
    counts: true,
  },
  { name: "package", command: () => "npm run --silent package", timeoutMs: 2 * MINUTE_MS },
  {
    name: "the package, installed",
    command: () => inNode("dist/test/package", INSTALLED),
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

/** Resolves to whether the command ended well; its output is ours. */
function execute({ command, timeoutMs, name }: Stage): Promise<boolean> {
  return new Promise((resolve) => {
    // A process group of its own: a stage that hangs is ended with all that it started.
    const child = spawn(command(), { shell: true, stdio: "inherit", detached: process.platform !== "win32" });
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
function countsOf(stage: Stage, succeeded: boolean): Counts {
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

async function main(): Promise<void> {
  const sum: Counts = { passed: 0, failed: 0 };
  for (const stage of STAGES) {
    const startedAt = performance.now();
    console.log(`\n== ${stage.name}`);
    const { passed, failed } = countsOf(stage, await execute(stage));
    sum.passed += passed;
    sum.failed += failed;
    console.log(
      `-- ${stage.name}: ${failed ? "FAILED" : "ok"}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
    if (failed) break;
  }
  rmSync(countsFolder, { recursive: true, force: true });
  process.exitCode = sum.failed ? 1 : 0;
  console.log(`\n${sum.passed} passed, ${sum.failed} failed`);
}

await main();
