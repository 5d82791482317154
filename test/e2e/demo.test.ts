import { deepEqual, ok, rejects } from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchChromium } from "../support/chromium";
import { CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { processesWith } from "../support/processes";
import { Workbench } from "../support/workbench";

const TIMEOUT_MS = 90_000;

/** What `npm start` does where there is no VS Code on the desktop. */
describe("the demo in a browser", function () {
  this.timeout(3 * TIMEOUT_MS);
  const cli = new CliRunner();
  let temporary: string;

  beforeEach(async () => {
    temporary = await mkdtemp(join(tmpdir(), "rooms-"));
  });
  afterEach(async () => {
    await cli.dispose();
    await rm(temporary, { recursive: true, force: true });
  });

  it("prints one URL; there, VS Code is in the room; Ctrl+C ends all of it", async () => {
    const demo = cli.start(["demo", "--browser", "--built-in", "--json"], { env: { TMPDIR: temporary } });
    const [line] = await demo.shows(/^.*\n/);
    const { hub, url } = JSON.parse(line);
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const window = await new Workbench(page, url, temporary).open();
      await window.activityBar("LLM Rooms");
      await eventually(
        async () => {
          const labels = (await window.treeRows("Participants")).map(({ label }) => label);
          return labels.includes("Demo 1") && labels.includes("Demo 2");
        },
        { timeoutMs: TIMEOUT_MS },
      );
    } finally {
      await browser.close();
    }

    const children = await processesWith(temporary);
    ok(children.length > 0, "VS Code's server runs");
    deepEqual(await demo.kill("SIGINT"), { code: 0, signal: null });
    await rejects(fetch(`${hub}/v1/health`));
    await rejects(fetch(url));
    deepEqual(await readdir(temporary), []);
    await eventually(async () => (await processesWith(temporary)).length === 0);
  });
});
