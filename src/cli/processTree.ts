import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** How long a process may take over its own farewell before it is killed, ms. */
const GRACE_MS = 3_000;

/**
 * Ends a child and all that it started. The child must have been spawned with `detached: true` on POSIX, so that its
 * descendants share its process group. Resolves when the child is gone; may be called twice.
 */
export async function endProcessTree(child: ChildProcess, graceMs = GRACE_MS): Promise<void> {
  if (child.pid === undefined) return;
  const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, "exit");
  signalTree(child.pid, "SIGTERM");
  if (!gone) return;
  const timer = setTimeout(() => killProcessTree(child), graceMs);
  await gone;
  clearTimeout(timer);
  // Its descendants may have ignored the polite signal.
  killProcessTree(child);
}

/** The same at once and without waiting: for `process.on("exit")`, where nothing asynchronous runs any more. */
export function killProcessTree(child: ChildProcess): void {
  if (child.pid !== undefined) signalTree(child.pid, "SIGKILL");
}

function signalTree(pid: number, signal: NodeJS.Signals): void {
  if (process.platform === "win32") {
    const args = ["/pid", String(pid), "/T", "/F"];
    if (signal === "SIGKILL") spawnSync("taskkill", args, { stdio: "ignore" });
    else spawn("taskkill", args, { stdio: "ignore" }).on("error", () => killOne(pid, signal));
    return;
  }
  killOne(-pid, signal);
}

function killOne(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Already gone, which is what was wanted.
  }
}
