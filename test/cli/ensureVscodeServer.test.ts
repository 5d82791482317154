import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureVscodeServer } from "../../src/cli/ensureVscodeServer";
import { HumanError } from "../../src/common/humanError";

const NAME = "vscode-server-4.139.1";

describe("ensureVscodeServer", () => {
  let cacheDir: string;
  const changed: Record<string, string | undefined> = {};

  function setEnv(name: string, value: string): void {
    changed[name] = process.env[name];
    process.env[name] = value;
  }

  beforeEach(async () => {
    cacheDir = await mkdtemp(join(tmpdir(), "llm-rooms-cache-"));
    // Port 1 answers nobody, so that an installation fails at once.
    setEnv("npm_config_registry", "http://127.0.0.1:1/");
    setEnv("npm_config_fetch_retries", "0");
    setEnv("npm_config_cache", join(cacheDir, "npm"));
  });

  afterEach(async () => {
    for (const [name, value] of Object.entries(changed)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await rm(cacheDir, { recursive: true, force: true });
  });

  const entries = async () => (await readdir(cacheDir)).filter((name) => name !== "npm");

  it("takes the server that is there, without a word", async () => {
    await mkdir(join(cacheDir, NAME));
    const lines: string[] = [];
    const folder = await ensureVscodeServer({ cacheDir, log: (line) => lines.push(line) });
    assert.equal(folder, join(cacheDir, NAME, "node_modules", "code-server", "lib", "vscode"));
    assert.deepEqual(lines, []);
  });

  it("says what to do where npm does not reach its registry, and leaves nothing half done", async () => {
    const lines: string[] = [];
    await assert.rejects(ensureVscodeServer({ cacheDir, log: (line) => lines.push(line) }), (error) => {
      assert.ok(error instanceof HumanError);
      assert.match(error.message, /could not be installed/);
      assert.match(error.hint, /npm ping/);
      return true;
    });
    assert.match(lines.join(), /0\.6 GB, once/);
    assert.deepEqual(await entries(), []);
  });

  it("says where it cannot be kept, and leaves nothing that a later run would wait for", async () => {
    await assert.rejects(
      ensureVscodeServer({ cacheDir: "/proc/nowhere" }),
      /kept in \/proc\/nowhere \(ENOENT\)/,
    );
    const { writeFile } = fs;
    fs.writeFile = async () => {
      throw Object.assign(new Error("no space"), { code: "ENOSPC" });
    };
    try {
      await assert.rejects(ensureVscodeServer({ cacheDir }), /The disk is full/);
    } finally {
      fs.writeFile = writeFile;
    }
    assert.deepEqual(await entries(), []);
  });

  it("takes over from one that died, and removes what it left", async () => {
    const { pid } = spawnSync(process.execPath, ["-e", ""]);
    await mkdir(join(cacheDir, `${NAME}.lock`));
    await writeFile(join(cacheDir, `${NAME}.lock`, "pid"), String(pid));
    await mkdir(join(cacheDir, `${NAME}.${pid}.tmp`));
    await assert.rejects(ensureVscodeServer({ cacheDir }), HumanError);
    assert.deepEqual(await entries(), []);
  });

  it("waits for one that lives", async () => {
    const lock = join(cacheDir, `${NAME}.lock`);
    await mkdir(lock);
    await writeFile(join(lock, "pid"), String(process.pid));
    const lines: string[] = [];
    const folder = ensureVscodeServer({
      cacheDir,
      // Told that it waits, the other one finishes.
      log: (line) => {
        lines.push(line);
        void mkdir(join(cacheDir, NAME)).then(() => rm(lock, { recursive: true }));
      },
    });
    assert.match(await folder, /lib.vscode$/);
    assert.deepEqual(lines, ["Another run is installing VS Code's server; waiting for it …"]);
  });

  it("ends its wait where the caller aborts", async () => {
    const lock = join(cacheDir, `${NAME}.lock`);
    await mkdir(lock);
    await writeFile(join(lock, "pid"), String(process.pid));
    const abort = new AbortController();
    await assert.rejects(
      ensureVscodeServer({ cacheDir, signal: abort.signal, log: () => abort.abort() }),
      /interrupted/,
    );
  });
});
