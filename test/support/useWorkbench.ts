import { openWorkbench, type VscodeHost, type VscodeHostOptions } from "./vscodeHost";
import type { Workbench } from "./workbench";

/** From a cold cache of compiled code, on a busy machine. */
const START_TIMEOUT_MS = 120_000;

/** What a group of tests has between its first and its last one. */
export interface Stage {
  readonly host: VscodeHost;
  /** The window that is open from the beginning. */
  readonly first: Workbench;
}

/**
 * Called in a describe(): one VS Code for its tests, closed after them. Where one fails, dist/pictures shows its windows.
 * The options are asked for late, so that they can name a hub that a before() has started.
 */
export function useWorkbench(options: () => VscodeHostOptions | Promise<VscodeHostOptions>): Stage {
  let stage: (Stage & { close(): Promise<void> }) | undefined;

  before(async function () {
    this.timeout(START_TIMEOUT_MS);
    stage = await openWorkbench(await options());
  });

  afterEach(async function () {
    const test = this.currentTest;
    if (test?.state !== "failed" || !stage) return;
    await stage.host.screenshots(`failed ${test.fullTitle()}`.replaceAll(/[^\w]+/g, "-").slice(0, 120));
  });

  after(async () => {
    await stage?.close();
  });

  const started = () => {
    if (!stage) throw new Error("The workbench is there from the first test on, not earlier.");
    return stage;
  };
  return {
    get host() {
      return started().host;
    },
    get first() {
      return started().first;
    },
  };
}
