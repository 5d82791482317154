import { spawn } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemClock, wait } from "../common/clock";
import type { Closers } from "./closers";
import type { DemoWorkspace } from "./demoWorkspace";

/** The launcher hands over to a window and returns; a slow disk takes a while, ms. */
const LAUNCH_TIMEOUT_MS = 30_000;
/** From the launcher's end to a window's first sign, ms. */
const START_TIMEOUT_MS = 15_000;
const STOP_TIMEOUT_MS = 4_000;
const POLL_MS = 100;

export interface DesktopOptions {
  /** Folder of the extension under development. */
  productDir: string;
  workspace: DemoWorkspace;
  settings: Record<string, unknown>;
  env: NodeJS.ProcessEnv;
}

/** Opens the desktop's VS Code with the extension and a profile of its own; false where there is none that can. */
export async function openDesktopVscode(options: DesktopOptions, closers: Closers): Promise<boolean> {
  const { workspace, settings, env } = options;
  if (!canShowWindows(env)) return false;
  await mkdir(join(workspace.dataDir, "User"), { recursive: true });
  await writeFile(join(workspace.dataDir, "User", "settings.json"), JSON.stringify(settings, null, 2));
  closers.add("VS Code", () => stopVscode(workspace.dataDir));
  if (!(await launch(launchArguments(options), env))) return false;
  // Until then nobody could end it: Ctrl+C right now would leave a window behind.
  await until(async () => (await readPid(workspace.dataDir)) !== undefined, START_TIMEOUT_MS);
  return true;
}

/** In VS Code's own terminal on a remote machine, and in WSL, `code` opens windows elsewhere, with other folders. */
function canShowWindows(env: NodeJS.ProcessEnv): boolean {
  if (env.VSCODE_IPC_HOOK_CLI || env.WSL_DISTRO_NAME || env.SSH_CONNECTION) return false;
  return process.platform !== "linux" || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY);
}

function launchArguments({ productDir, workspace }: DesktopOptions): string[] {
  return [
    `--extensionDevelopmentPath=${productDir}`,
    ...["--user-data-dir", workspace.dataDir, "--extensions-dir", join(workspace.dataDir, "extensions")],
    ...["--new-window", "--disable-workspace-trust", "--skip-welcome", "--skip-release-notes"],
    // VS Code refuses to run as root otherwise.
    ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    workspace.folder,
  ];
}

function launch(args: readonly string[], env: NodeJS.ProcessEnv): Promise<boolean> {
  const windows = process.platform === "win32";
  const child = spawn("code", windows ? args.map((arg) => `"${arg}"`) : args, {
    env: Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VSCODE|ELECTRON)_/.test(name))),
    shell: windows,
    stdio: "ignore",
    timeout: LAUNCH_TIMEOUT_MS,
  });
  return new Promise((resolve) => {
    child.once("error", () => resolve(false));
    child.once("close", (code) => resolve(code === 0));
  });
}

/** Ends its main process; with it go all its windows and extension hosts. */
async function stopVscode(dataDir: string): Promise<void> {
  const pid = await readPid(dataDir);
  if (pid === undefined || !sendSignal(pid, "SIGTERM")) return;
  if (!(await until(() => !sendSignal(pid, 0), STOP_TIMEOUT_MS))) sendSignal(pid, "SIGKILL");
}

/** VS Code's main process writes its id into the profile that it uses, and removes it at its end. */
async function readPid(dataDir: string): Promise<number | undefined> {
  const pid = Number(await readFile(join(dataDir, "code.lock"), "utf8").catch(() => ""));
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}

/** False where it did not come true in time. */
async function until(check: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  for (let waited = 0; waited < timeoutMs; waited += POLL_MS) {
    if (await check()) return true;
    await wait(systemClock, POLL_MS);
  }
  return false;
}

/** False where the process is gone. */
function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    // ESRCH is what is waited for.
    return false;
  }
}
