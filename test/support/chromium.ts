import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { type Browser, chromium } from "playwright-core";

/** Without a sandbox, because containers rarely permit one; no background traffic, because nothing outside is needed. */
const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--disable-dev-shm-usage",
];

/** Starts a headless browser. @throws Error that names the command which installs one. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: ARGUMENTS });
}

/** The first of: $CHROMIUM, what the path has, the usual places of Chromium, Chrome and Edge. */
export function findChromium(env: NodeJS.ProcessEnv = process.env, exists = existsSync): string {
  if (env.CHROMIUM) {
    if (exists(env.CHROMIUM)) return env.CHROMIUM;
    throw new Error(`CHROMIUM names ${env.CHROMIUM}, which does not exist. Correct it or unset it.`);
  }
  const found = [...onPath(env), ...usualPlaces(env)].find((path) => exists(path));
  if (found) return found;
  throw new Error(
    `No Chromium, Chrome or Edge was found. Install one: ${installCommand()} (or set CHROMIUM)`,
  );
}

function onPath(env: NodeJS.ProcessEnv): string[] {
  const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge"];
  const folders = (env.PATH ?? "").split(delimiter).filter(Boolean);
  return folders.flatMap((folder) => names.map((name) => join(folder, name)));
}

function usualPlaces(env: NodeJS.ProcessEnv): string[] {
  if (process.platform === "darwin") {
    return ["Google Chrome", "Chromium", "Microsoft Edge"].map(
      (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
    );
  }
  if (process.platform === "win32") {
    const roots = [env.PROGRAMFILES, env["PROGRAMFILES(X86)"], env.LOCALAPPDATA].filter(
      (root) => root !== undefined,
    );
    const programs = ["Google\\Chrome\\Application\\chrome.exe", "Microsoft\\Edge\\Application\\msedge.exe"];
    return roots.flatMap((root) => programs.map((program) => join(root, program)));
  }
  return ["/usr/bin/chromium", "/usr/bin/google-chrome", "/snap/bin/chromium"];
}

function installCommand(): string {
  if (process.platform === "darwin") return "brew install --cask chromium";
  if (process.platform === "win32") return "winget install Google.Chrome";
  return process.getuid?.() === 0 ? "apt-get install -y chromium" : "sudo apt-get install -y chromium";
}
