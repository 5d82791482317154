import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { HumanError } from "../../common/humanError";
import { fingerprintSchema } from "../../protocol/invite";

/** A slow disk and a virus scanner included, a hub listens long before, ms. */
const START_TIMEOUT_MS = 20_000;
/** A hub that we started ends by itself when nobody was there for so long, minutes; its rooms are kept. */
const EXIT_WHEN_IDLE_MIN = 10;
/** Of its log, what may say why it did not start, characters. */
const SHOWN_LOG_LENGTH = 600;

const startedSchema = z.object({ url: z.url(), fingerprint: fingerprintSchema.optional() });

export interface StartHubOptions {
  /** dist/cli.js */
  cliPath: string;
  host: "127.0.0.1" | "0.0.0.0";
  /** With a certificate that it makes itself and keeps in its data folder. */
  tls: boolean;
  /** Taken where it is free, else any other; with `samePort` no other. */
  preferredPort: number;
  samePort?: boolean;
  /** Of its rooms; only one hub at a time can have it. */
  dataFolder: string;
  logFolder: string;
}

export interface StartedHub {
  readonly url: string;
  /** Of its certificate, where it has one. */
  readonly fingerprint?: string | undefined;
  /** Of the process, which nobody here ends. */
  readonly pid: number;
}

/**
 * Starts a hub as a process of its own, which outlives this window, and resolves when it listens.
 * @throws HumanError SETUP_FAILED with its last words
 */
export async function startHub(options: StartHubOptions): Promise<StartedHub> {
  const { preferredPort, samePort = false, host } = options;
  const port = samePort || (await isFree(preferredPort, host)) ? preferredPort : 0;
  const logPath = join(options.logFolder, "hub.log");
  mkdirSync(options.logFolder, { recursive: true });
  // A file, not a pipe: a pipe breaks when this window closes, and the hub goes on.
  const logFile = openSync(logPath, "a");
  try {
    return await spawnHub(options, port, logFile);
  } catch (error) {
    if (error instanceof HumanError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    const log = (await readFile(logPath, "utf8")).slice(-SHOWN_LOG_LENGTH).trim();
    throw new HumanError(
      "SETUP_FAILED",
      `The hub did not start: ${why}.`,
      log ? `It said: ${log}` : "The log may say why.",
    );
  } finally {
    closeSync(logFile);
  }
}

async function spawnHub(options: StartHubOptions, port: number, logFile: number): Promise<StartedHub> {
  const { host, tls, dataFolder } = options;
  const flags = ["hub", "--json", "--host", host, "--port", `${port}`, "--data", dataFolder];
  if (tls) flags.push("--tls");
  const child = spawn(
    process.execPath,
    [options.cliPath, ...flags, "--exit-when-idle", `${EXIT_WHEN_IDLE_MIN}`],
    {
      // On the desktop execPath is VS Code itself, which this variable turns into Node.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: "1" },
      detached: true,
      windowsHide: true,
      stdio: ["ignore", "pipe", logFile],
    },
  );
  const signal = AbortSignal.timeout(START_TIMEOUT_MS);
  const { stdout } = child;
  if (!stdout) throw new Error("it has no output");
  const lines = createInterface({ input: stdout });
  try {
    const line = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`it ended with code ${code ?? "none"}`)));
      signal.addEventListener("abort", () => reject(new Error("it took too long")), { once: true });
    });
    return { ...startedSchema.parse(JSON.parse(line)), pid: child.pid ?? 0 };
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    lines.close();
    stdout.destroy();
    child.removeAllListeners();
    // A late failure to signal it must not end the extension host.
    child.on("error", () => {});
    child.unref();
  }
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}
