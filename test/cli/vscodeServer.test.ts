import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureVscodeServer } from "../../src/cli/ensureVscodeServer";
import { findServerNode, startVscodeServer } from "../../src/cli/vscodeServer";
import { HumanError } from "../../src/common/humanError";
import { eventually } from "../support/eventually";

/** The first test may install the server. */
const INSTALL_TIMEOUT_MS = 10 * 60_000;

describe("startVscodeServer", () => {
  let dataDir: string;
  let serverDir: string;
  const node = findServerNode(process.cwd());

  before(async function () {
    this.timeout(INSTALL_TIMEOUT_MS);
    serverDir = await ensureVscodeServer({ log: console.log });
  });
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "llm-rooms-data-"));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true, maxRetries: 5 }));

  it("serves a workbench behind a token, and ends with all its processes", async () => {
    const server = await startVscodeServer({ node, serverDir, dataDir, settings: { "editor.tabSize": 3 } });
    try {
      const { origin } = new URL(server.url);
      assert.match(origin, /^http:\/\/127\.0\.0\.1:\d+$/);
      assert.equal((await fetch(origin)).status, 403);
      assert.match(
        await (await fetch(server.urlFor({ folder: dataDir }), { redirect: "manual" })).text(),
        /^/,
      );
      const settings = await readFile(join(dataDir, "data", "User", "settings.json"), "utf8");
      assert.deepEqual(JSON.parse(settings), { "editor.tabSize": 3 });
    } finally {
      await server.close();
    }
    await server.close();
    await eventually(() => assert.throws(() => process.kill(-server.pid, 0), { code: "ESRCH" }));
  });

  it("shows its token to no other user of the machine", async () => {
    if (process.platform === "win32") return;
    const server = await startVscodeServer({ node, serverDir, dataDir });
    try {
      const token = new URL(server.url).searchParams.get("tkn") ?? "";
      const { stdout } = await promisify(execFile)("ps", ["-ww", "-o", "args=", "-p", `${server.pid}`]);
      assert.match(stdout, /server-main\.js/);
      assert.ok(token.length >= 32 && !stdout.includes(token));
      const path = join(dataDir, "connection-token");
      assert.equal(await readFile(path, "utf8"), token);
      assert.equal((await stat(path)).mode & 0o777, 0o600);
      const { status } = await fetch(server.url, { redirect: "manual" });
      assert.ok(status < 400, String(status));
    } finally {
      await server.close();
    }
  });

  it("names a folder and a payload in its address", async () => {
    const server = await startVscodeServer({ node, serverDir, dataDir });
    await server.close();
    const address = new URL(server.urlFor({ folder: "/a b/ü", payload: [["x", server.remotePath("/a b")]] }));
    assert.equal(address.searchParams.get("folder"), "/a b/ü");
    assert.equal(address.searchParams.get("payload"), `[["x","vscode-remote://${address.host}/a%20b"]]`);
  });

  it("tells its last words where it does not start", async () => {
    await assert.rejects(
      startVscodeServer({ node, serverDir, dataDir, extraArgs: ["--port", "99999999"] }),
      (error) => {
        assert.ok(error instanceof HumanError);
        assert.match(error.message, /did not start/);
        return true;
      },
    );
    await assert.rejects(startVscodeServer({ node: "/nowhere/node", serverDir, dataDir }), /ENOENT/);
  });

  it("gives up, and ends it, where it says nothing for too long", async () => {
    await assert.rejects(
      startVscodeServer({ node, serverDir, dataDir, startTimeoutMs: 1 }),
      /nothing after 1 ms/,
    );
  });
});
