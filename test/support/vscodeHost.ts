/**
 * A real VS Code for tests: its own server and a headless Chromium. In a group of mocha tests, see useWorkbench();
 * by hand:
 *
 *   const { host, first, close } = await openWorkbench({ development: true, settings: { "llmRooms.hubUrl": hub.url } });
 *   try {
 *     await first.activityBar("LLM Rooms");
 *     await first.runCommand("LLM Rooms: Join Room");
 *     await first.screenshot("joined"); // dist/pictures/joined.png
 *     const second = await host.openWindow(); // the same user on the same machine, another window
 *   } finally {
 *     await close();
 *   }
 *
 * `development: true` runs the extension of this checkout from dist/ (build it first), `vsix` the packaged one.
 */
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { ensureVscodeServer } from "../../src/cli/ensureVscodeServer";
import {
  findServerNode,
  installVsix,
  startVscodeServer,
  type VscodeServer,
} from "../../src/cli/vscodeServer";
import { launchChromium } from "./chromium";
import { WINDOW_SIZE, Workbench } from "./workbench";

/** Nothing that teaches, advertises, asks or updates: the tests look at our part of the window. */
const QUIET_SETTINGS = {
  "chat.disableAIFeatures": true,
  "workbench.startupEditor": "none",
  "workbench.secondarySideBar.defaultVisibility": "hidden",
  "workbench.tips.enabled": false,
  "workbench.enableExperiments": false,
  "telemetry.telemetryLevel": "off",
  "security.workspace.trust.enabled": false,
  "extensions.autoUpdate": false,
  "extensions.autoCheckUpdates": false,
  "extensions.ignoreRecommendations": true,
  "update.mode": "none",
  "window.menuBarVisibility": "compact",
  "git.enabled": false,
  "remote.autoForwardPorts": false,
};

/** A closed window's extensions end soon, not after the three hours that a sleeping laptop is given. */
const GRACE_SECONDS = 5;

export interface VscodeHostOptions {
  /** The extension under development: the checkout, or another folder with its package.json and dist/. */
  development?: true | string;
  /** The packaged extension, installed as a user does. */
  vsix?: string;
  settings?: Record<string, unknown>;
  /** Files of the temporary workspace, by their relative paths. */
  files?: Record<string, string>;
  /** Where screenshots go; by default dist/pictures. */
  pictures?: string;
  /** Told each message of the windows' consoles, the extension host's among them. */
  onConsole?: (message: string) => void;
  /** Added to the environment of the extension host. */
  env?: Record<string, string>;
}

/** As VS Code asks for it. */
const SECRET_KEY_BYTES = 32;

/** One user on one machine: a server with fresh data, a browser, a temporary workspace, any number of windows. */
export class VscodeHost {
  readonly workspace: string;
  readonly server: VscodeServer;
  readonly #root: string;
  readonly #browser: Browser;
  readonly #context: BrowserContext;
  readonly #options: VscodeHostOptions;
  readonly #windows: Workbench[] = [];
  #closed: Promise<void> | undefined;

  private constructor(
    root: string,
    server: VscodeServer,
    browser: Browser,
    context: BrowserContext,
    options: VscodeHostOptions,
  ) {
    this.#root = root;
    this.workspace = join(root, "workspace");
    this.server = server;
    this.#browser = browser;
    this.#context = context;
    this.#options = options;
  }

  static async start(options: VscodeHostOptions): Promise<VscodeHost> {
    const root = await mkdtemp(join(tmpdir(), "llm-rooms-"));
    const undo: (() => Promise<unknown>)[] = [() => rm(root, { recursive: true, force: true })];
    try {
      await writeFiles(join(root, "workspace"), options.files ?? { "hello.ts": "export const hello = 1;\n" });
      // First, since it says at once where there is none.
      const browser = await launchChromium();
      undo.unshift(() => browser.close());
      const server = await startServer(join(root, "data"), options);
      undo.unshift(() => server.close());
      const context = await browser.newContext({ viewport: WINDOW_SIZE });
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      return new VscodeHost(root, server, browser, context, options);
    } catch (error) {
      for (const step of undo) await step();
      throw error;
    }
  }

  /** Opens a window on the temporary workspace, or on another folder. */
  async openWindow({ folder = this.workspace }: { folder?: string } = {}): Promise<Workbench> {
    const page = await this.#newPage();
    const url = this.server.urlFor({ folder, payload: this.#payload() });
    const workbench = new Workbench(page, url, this.#options.pictures ?? "dist/pictures");
    this.#windows.push(workbench);
    return workbench.open();
  }

  /** What the user's settings say by now; VS Code writes them to a file. */
  async userSettings(): Promise<Record<string, unknown>> {
    const file = join(this.#root, "data", "data", "Machine", "settings.json");
    return JSON.parse(await readFile(file, "utf8")) as Record<string, unknown>;
  }

  /** A picture of each window that is open. */
  async screenshots(name: string): Promise<void> {
    const open = this.#windows.filter(({ page }) => !page.isClosed());
    await Promise.all(open.map((workbench, at) => workbench.screenshot(at ? `${name}-${at + 1}` : name)));
  }

  /** Runs a test module's `run()` in the extension host of a window; resolves to 0 where it succeeded. */
  async runTestModule(path: string, { timeoutMs }: { timeoutMs: number }): Promise<number> {
    const page = await this.#newPage();
    const exit = new Promise<number>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`No end after ${timeoutMs} ms.`)), timeoutMs);
      const end = (code: number) => {
        clearTimeout(timer);
        resolve(code);
      };
      // The workbench calls this function of its page once the tests have ended.
      page.exposeFunction("codeAutomationExit", end).catch(reject);
      page.once("crash", () => reject(new Error("The window crashed.")));
    });
    const payload = [
      ...this.#payload(),
      ["extensionTestsPath", this.server.remotePath(resolve(path))] as const,
    ];
    await Promise.race([page.goto(this.server.urlFor({ folder: this.workspace, payload })), exit]);
    return exit;
  }

  async #newPage(): Promise<Page> {
    const page = await this.#context.newPage();
    page.on("console", (message) => this.#options.onConsole?.(message.text()));
    // The server's half of the key that secrets are sealed with, which a desktop's keychain has: without it none survives a reload.
    await page.route("**/mint-key", (route) => route.fulfill({ body: Buffer.alloc(SECRET_KEY_BYTES, 7) }));
    return page;
  }

  #payload(): (readonly [string, string])[] {
    const { development } = this.#options;
    if (!development) return [];
    const path = development === true ? process.cwd() : resolve(development);
    return [["extensionDevelopmentPath", this.server.remotePath(path)]];
  }

  /** Closes all windows, the browser and the server, and removes what they wrote. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    await this.#browser.close();
    await this.server.close();
    await rm(this.#root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Starts a host and opens its first window. */
export async function openWorkbench(
  options: VscodeHostOptions,
): Promise<{ host: VscodeHost; first: Workbench; close(): Promise<void> }> {
  const host = await VscodeHost.start(options);
  try {
    return { host, first: await host.openWindow(), close: () => host.close() };
  } catch (error) {
    await host.close();
    throw error;
  }
}

async function startServer(dataDir: string, options: VscodeHostOptions): Promise<VscodeServer> {
  const serverDir = await ensureVscodeServer({ log: (line) => console.log(line) });
  const node = findServerNode(process.cwd());
  if (options.vsix) await installVsix({ node, serverDir, dataDir }, resolve(options.vsix));
  return startVscodeServer({
    node,
    serverDir,
    dataDir,
    settings: { ...QUIET_SETTINGS, ...options.settings },
    // Only the smoke test driver lets an address name an extension under development.
    smokeTest: options.development !== undefined,
    extraArgs: ["--reconnection-grace-time", String(GRACE_SECONDS)],
    // No test looks for hubs, or announces one, in a real network.
    env: { LLM_ROOMS_MDNS: "off", ...options.env },
  });
}

async function writeFiles(root: string, files: Record<string, string>): Promise<void> {
  await mkdir(root, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(root, name, ".."), { recursive: true });
    await writeFile(join(root, name), text);
  }
}
