import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { HumanError } from "../common/humanError";
import { endProcessTree, killProcessTree } from "./processTree";

/** Its first start compiles a good deal; a busy machine takes a while. */
const START_TIMEOUT_MS = 60_000;
const INSTALL_VSIX_TIMEOUT_MS = 60_000;
/** VS Code's server does not run on an older one. */
const LOWEST_NODE_MAJOR = 22;
/** How many of its last lines are shown where it does not start. */
const KEPT_LINES = 20;

export interface VscodeServerOptions {
  /** A Node of at least version 22, see findServerNode(). */
  node: string;
  /** What ensureVscodeServer() resolved to. */
  serverDir: string;
  /** Everything that the server writes: settings, state, logs. A fresh one is a fresh user. */
  dataDir: string;
  /** 0 (the default) takes a free one. */
  port?: number;
  /** Where installed extensions are; by default inside dataDir. */
  extensionsDir?: string;
  extraArgs?: readonly string[];
  /** The user's settings, written before the start. */
  settings?: Record<string, unknown>;
  /** Lets `payload` name an extension under development, or a test module to run. */
  smokeTest?: boolean;
  /** Added to this process's environment; its extension hosts inherit it. */
  env?: Record<string, string>;
  onOutput?: (line: string) => void;
  startTimeoutMs?: number;
}

export interface WorkbenchAddress {
  /** An absolute path. */
  folder?: string;
  /** Pairs such as `["extensionDevelopmentPath", …]`; a path under this server is written by `remotePath()`. */
  payload?: readonly (readonly [string, string])[];
}

/** A running server of VS Code in the browser, on loopback, behind a token of its own. */
export interface VscodeServer {
  /** The address without a folder, token included: what a person opens. */
  readonly url: string;
  readonly pid: number;
  urlFor(address: WorkbenchAddress): string;
  /** A path of this machine as the workbench names it. */
  remotePath(path: string): string;
  /** Ends the server and all its processes; may be called twice. */
  close(): Promise<void>;
}

/** The Node that can run the server: this one, else the one that the checkout brings. @throws HumanError */
export function findServerNode(projectDir: string): string {
  if (Number.parseInt(process.versions.node, 10) >= LOWEST_NODE_MAJOR) return process.execPath;
  const own = join(
    projectDir,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
  if (existsSync(own)) return own;
  throw new HumanError(
    "SETUP_FAILED",
    `VS Code's server needs Node ${LOWEST_NODE_MAJOR} or later; this is ${process.versions.node}.`,
    "Run `npm install` in the checkout, which brings one, or use a newer Node.",
  );
}

/** Starts a server and resolves when it listens. @throws HumanError with its last words where it does not. */
export async function startVscodeServer(options: VscodeServerOptions): Promise<VscodeServer> {
  if (options.settings) await writeSettings(options.dataDir, options.settings);
  const token = randomBytes(16).toString("hex");
  const tokenFile = await writeToken(options.dataDir, token);
  const child = spawn(options.node, serverArguments(options, tokenFile), {
    cwd: options.serverDir,
    env: { ...serverEnvironment(), ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    // A process group of its own, so that its extension hosts end with it.
    detached: process.platform !== "win32",
  });
  const endAtOnce = () => killProcessTree(child);
  process.once("exit", endAtOnce);
  let ended: Promise<void> | undefined;
  const close = () => {
    ended ??= endProcessTree(child).finally(() => process.off("exit", endAtOnce));
    return ended;
  };
  try {
    return serverAt(await listening(child, options), token, child.pid ?? 0, close);
  } catch (error) {
    await close();
    throw error;
  }
}

/** Installs a packaged extension for servers with the same folders. */
export async function installVsix(
  options: Pick<VscodeServerOptions, "node" | "serverDir" | "dataDir" | "extensionsDir">,
  vsix: string,
): Promise<void> {
  const args = [...folderArguments(options), "--install-extension", vsix, "--force"];
  const child = spawn(options.node, [join(options.serverDir, "out", "server-main.js"), ...args], {
    cwd: options.serverDir,
    env: serverEnvironment(),
    stdio: ["ignore", "pipe", "pipe"],
    timeout: INSTALL_VSIX_TIMEOUT_MS,
  });
  const lines = lastLines(child);
  const code = await new Promise((resolve) => child.once("error", resolve).once("close", resolve));
  if (code !== 0) {
    throw new HumanError(
      "SETUP_FAILED",
      `${vsix} could not be installed: ${lines.text()}`,
      "Package it again.",
    );
  }
}

function serverAt(port: number, token: string, pid: number, close: () => Promise<void>): VscodeServer {
  const authority = `127.0.0.1:${port}`;
  const urlFor = ({ folder, payload }: WorkbenchAddress) => {
    const query = new URLSearchParams({ tkn: token });
    // Not percent-encoded once more: the workbench decodes the query, not the path in it.
    if (folder) query.set("folder", decodeURIComponent(pathToFileURL(folder).pathname));
    if (payload) query.set("payload", JSON.stringify(payload));
    return `http://${authority}/?${query}`;
  };
  return {
    url: urlFor({}),
    pid,
    urlFor,
    remotePath: (path) => `vscode-remote://${authority}${pathToFileURL(path).pathname}`,
    close,
  };
}

function serverArguments(options: VscodeServerOptions, tokenFile: string): string[] {
  return [
    join(options.serverDir, "out", "server-main.js"),
    ...["--host", "127.0.0.1", "--port", String(options.port ?? 0), "--connection-token-file", tokenFile],
    ...["--accept-server-license-terms", "--disable-telemetry", "--disable-workspace-trust"],
    ...(options.smokeTest ? ["--enable-smoke-test-driver"] : []),
    ...folderArguments(options),
    ...(options.extraArgs ?? []),
  ];
}

function folderArguments({
  dataDir,
  extensionsDir,
}: Pick<VscodeServerOptions, "dataDir" | "extensionsDir">): string[] {
  return ["--server-data-dir", dataDir, ...(extensionsDir ? ["--extensions-dir", extensionsDir] : [])];
}

/** Ours without what an outer VS Code or mocha would make its extension host believe. */
function serverEnvironment(): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(VSCODE_|ELECTRON_|NODE_OPTIONS)/.test(name),
  );
  return Object.fromEntries(inherited);
}

/** Not an argument, which every user of the machine can read: whoever has the token runs programs as this user. */
async function writeToken(dataDir: string, token: string): Promise<string> {
  const path = join(dataDir, "connection-token");
  await mkdir(dataDir, { recursive: true });
  // One that is there keeps the mode that it has.
  await rm(path, { force: true });
  await writeFile(path, token, { mode: 0o600, flag: "wx" });
  return path;
}

async function writeSettings(dataDir: string, settings: Record<string, unknown>): Promise<void> {
  for (const owner of ["Machine", "User"]) {
    await mkdir(join(dataDir, "data", owner), { recursive: true });
    await writeFile(join(dataDir, "data", owner, "settings.json"), JSON.stringify(settings, null, 2));
  }
}

/** Resolves to the port once the server says that it listens. */
function listening(
  child: ChildProcess,
  { onOutput, startTimeoutMs = START_TIMEOUT_MS }: VscodeServerOptions,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      clearTimeout(timer);
      const message = `VS Code's server did not start: ${why}\n${lines.text()}`;
      reject(new HumanError("SETUP_FAILED", message, "Look at its last lines above."));
    };
    const timer = setTimeout(() => fail(`nothing after ${startTimeoutMs} ms.`), startTimeoutMs);
    const lines = lastLines(child, (line) => {
      onOutput?.(line);
      const port = /^Extension host agent listening on (\d+)/.exec(line)?.[1];
      if (!port) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
    child.once("error", (error) => fail(error.message));
    child.once("exit", (code, signal) => fail(`it ended with ${code ?? signal}.`));
  });
}

/** Reads a child's output line by line, so that its pipes never fill, and keeps the last few for an error. */
function lastLines(child: ChildProcess, onLine?: (line: string) => void): { text(): string } {
  const kept: string[] = [];
  for (const input of [child.stdout, child.stderr]) {
    if (!input) continue;
    createInterface({ input }).on("line", (line) => {
      // What is indented is a stack or a list: the line before it says what it is about.
      if (/^\S/.test(line)) kept.push(line);
      if (kept.length > KEPT_LINES) kept.shift();
      onLine?.(line);
    });
  }
  return { text: () => kept.join("\n") };
}
