import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { systemClock, wait } from "../common/clock";
import { diskFull } from "../common/diskFull";
import { errorCode } from "../common/errorCode";
import { HumanError } from "../common/humanError";
import { makeFolder } from "../hub/makeFolder";

/** The npm package that holds the whole of VS Code; 4.139.1 is VS Code 1.139.1. */
const PACKAGE = "code-server";
const VERSION = "4.139.1";
/** Another name wherever install() makes something else, so that what an older program left is not taken for it. */
const FOLDER = `vscode-server-${VERSION}`;
/** Two downloads of some hundred MB; a slow line still makes it. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;
const LOCK_POLL_MS = 500;

export interface EnsureVscodeServerOptions {
  /** Where servers are kept; by default the user's cache folder. */
  cacheDir?: string;
  /** Told once where something takes long. */
  log?: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * Resolves to the folder of VS Code's own server, installing it from npm on first use (about 0.6 GB). Safe to call from
 * several processes at once: one installs, the others wait. @throws HumanError where npm cannot bring it.
 */
export async function ensureVscodeServer(options: EnsureVscodeServerOptions = {}): Promise<string> {
  const { cacheDir = defaultCacheDir(), log = () => {}, signal } = options;
  const home = join(cacheDir, FOLDER);
  const serverDir = join(home, "node_modules", PACKAGE, "lib", "vscode");
  // The folder appears by a rename, so that it is whole where it is there at all.
  if (existsSync(home)) return serverDir;
  try {
    await makeFolder(cacheDir);
    await installOnce(home, log, signal);
  } catch (error) {
    throw inWords(cacheDir, error);
  }
  return serverDir;
}

async function installOnce(home: string, log: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const lock = `${home}.lock`;
  await takeLock(lock, log, signal);
  try {
    if (!existsSync(home)) await install(home, log, signal);
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** What the system says of the folder; all else is said already. */
function inWords(cacheDir: string, error: unknown): unknown {
  const code = errorCode(error);
  if (error instanceof HumanError || typeof code !== "string") return error;
  const message = `VS Code's server cannot be kept in ${cacheDir} (${code}).`;
  const hint = "Name a folder of your own with XDG_CACHE_HOME.";
  return diskFull(cacheDir, error) ?? new HumanError("SETUP_FAILED", message, hint, { cause: error });
}

/** `~/.cache/llm-rooms`, or what XDG_CACHE_HOME says in place of `~/.cache`. */
function defaultCacheDir(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "llm-rooms");
}

async function install(home: string, log: (line: string) => void, signal?: AbortSignal): Promise<void> {
  await removeDrafts(home);
  log(`Installing VS Code's server (${PACKAGE}@${VERSION}, about 0.6 GB, once) into ${home} …`);
  const draft = draftOf(home, process.pid);
  try {
    await mkdir(draft, { recursive: true });
    await writeFile(join(draft, "package.json"), JSON.stringify({ private: true }));
    // Its native modules are not needed and want a compiler, hence no install scripts.
    await npm(draft, ["install", "--ignore-scripts", `${PACKAGE}@${VERSION}`], signal);
    const vscode = join(draft, "node_modules", PACKAGE, "lib", "vscode");
    await npm(vscode, ["install", "--ignore-scripts", "--omit=dev"], signal);
    // TypeScript, without which VS Code complains at the first .ts file.
    await npm(join(vscode, "extensions"), ["install", "--ignore-scripts", "--omit=dev"], signal);
    await rename(draft, home);
  } catch (error) {
    // Two that took over a dead one's lock in the same moment: the other was first, and the result is the same.
    if (!existsSync(home)) throw error;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

function draftOf(home: string, pid: number | string): string {
  return `${home}.${pid}.tmp`;
}

/** What installations left that were killed half-way. */
async function removeDrafts(home: string): Promise<void> {
  for (const name of await readdir(dirname(home))) {
    const pid = /\.(\d+)\.tmp$/.exec(name)?.[1];
    const path = join(dirname(home), name);
    if (pid && path === draftOf(home, pid) && hasEnded(Number(pid)))
      await rm(path, { recursive: true, force: true });
  }
}

/** A folder as the lock, because making one is atomic everywhere; the pid in it tells a holder that died. */
async function takeLock(lock: string, log: (line: string) => void, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + 2 * INSTALL_TIMEOUT_MS;
  let told = false;
  while (!(await tryLock(lock))) {
    if (await holderDied(lock)) {
      await rm(lock, { recursive: true, force: true });
      continue;
    }
    if (!told) log("Another run is installing VS Code's server; waiting for it …");
    told = true;
    if (signal?.aborted) throw installFailed("The installation was interrupted.");
    if (Date.now() > deadline) throw installFailed(`Another run holds ${lock} for too long.`);
    await wait(systemClock, LOCK_POLL_MS, signal);
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await mkdir(lock);
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  }
  try {
    await writeFile(join(lock, "pid"), String(process.pid));
  } catch (error) {
    // Nobody could tell that its holder is gone.
    await rm(lock, { recursive: true, force: true });
    throw error;
  }
  return true;
}

async function holderDied(lock: string): Promise<boolean> {
  // No pid yet: its holder is between making the folder and writing it.
  const pid = Number(await readFile(join(lock, "pid"), "utf8").catch(() => ""));
  return pid > 0 && hasEnded(pid);
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // Anything else means that it lives and is another user's.
    return errorCode(error) === "ESRCH";
  }
}

async function npm(cwd: string, args: string[], signal?: AbortSignal): Promise<void> {
  const all = [...args, "--no-audit", "--no-fund", "--no-progress", "--loglevel=error"];
  // Under `npm run` the very npm that runs us is named; else whatever the path has (a .cmd on Windows).
  const own = process.env.npm_execpath;
  const viaNode = own?.endsWith(".js") ? own : undefined;
  const child = spawn(viaNode ? process.execPath : "npm", viaNode ? [viaNode, ...all] : all, {
    cwd,
    stdio: ["ignore", "ignore", "pipe"],
    shell: !viaNode && process.platform === "win32",
    signal,
    timeout: INSTALL_TIMEOUT_MS,
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint = (complaint + text).slice(-2_000);
  });
  const failure = await new Promise<string | undefined>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("close", (code, by) =>
      resolve(code === 0 ? undefined : complaint.trim() || `It ended with ${code ?? by}.`),
    );
  });
  if (failure) throw installFailed(failure);
}

function installFailed(detail: string): HumanError {
  return new HumanError(
    "SETUP_FAILED",
    `VS Code's server could not be installed from npm: ${detail}`,
    "See that `npm ping` works (network, proxy, registry), then run the same command again.",
  );
}
