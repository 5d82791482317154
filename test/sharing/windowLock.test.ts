import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  askForRelease,
  isLockHeld,
  takeWindowLock,
  type WindowLock,
  waitForRelease,
} from "../../src/vscode/sharing/windowLock";

describe("the lock between windows", () => {
  let folder: string;
  const held: WindowLock[] = [];
  const take = async (name: string, onDidAsk = () => {}) => {
    const lock = await takeWindowLock({ name, folder, onDidAsk });
    if (lock) held.push(lock);
    return lock;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "window-lock-"));
  });
  afterEach(async () => {
    await Promise.all(held.splice(0).map((lock) => lock.release()));
    rmSync(folder, { recursive: true, force: true });
  });

  it("is held by one window", async () => {
    assert.ok(await take("a"));
    assert.equal(await take("a"), undefined);
    assert.ok(await take("b"), "another model is another lock");
    assert.equal(await isLockHeld({ name: "a", folder }), true);
  });

  it("is taken by one of many that come at once", async () => {
    const locks = await Promise.all(Array.from({ length: 8 }, () => take("a")));
    assert.equal(locks.filter((lock) => lock).length, 1);
  });

  it("can be taken again once it is released, and releasing twice does no harm", async () => {
    const lock = await take("a");
    await lock?.release();
    await lock?.release();
    assert.equal(await isLockHeld({ name: "a", folder }), false);
    assert.ok(await take("a"));
  });

  it("is given up when another window asks", async () => {
    const lock = await take("a", () => void lock?.release());
    assert.equal(await askForRelease({ name: "a", folder }), true);
    assert.ok(await take("a"));
  });

  it("is kept by a window that does not give it up, and whoever asks is told", async () => {
    await take("a");
    assert.equal(await askForRelease({ name: "a", folder, timeoutMs: 200 }), false);
  });

  it("tells whoever waits whether the user ended it, or a window that may come back", async () => {
    for (const ended of [true, false]) {
      let heard = () => {};
      const asked = new Promise<void>((resolve) => {
        heard = resolve;
      });
      const lock = await take("a", () => heard());
      const waiting = waitForRelease({ name: "a", folder, timeoutMs: 20_000 });
      // Whoever asks after the one that waits is heard after it.
      const asking = askForRelease({ name: "a", folder });
      await asked;
      await lock?.release({ ended });
      assert.equal(await waiting, ended ? "ended" : "free");
      assert.equal(await asking, true);
    }
    assert.equal(await waitForRelease({ name: "a", folder, timeoutMs: 20_000 }), "free");
    await take("a");
    assert.equal(await waitForRelease({ name: "a", folder, timeoutMs: 100 }), "held");
  });

  it("is free when nobody ever held it", async () => {
    assert.equal(await askForRelease({ name: "never", folder }), true);
  });

  it("lets only this user ask", async () => {
    if (process.platform === "win32") return;
    await take("a");
    assert.equal(statSync(folder).mode & 0o077, 0);
  });

  it("lies in no folder to which somebody else laid a link, and leaves that as it is", async () => {
    if (process.platform === "win32") return;
    const [theirs, link] = [join(folder, "public"), join(folder, "link")];
    mkdirSync(theirs);
    chmodSync(theirs, 0o755);
    symlinkSync(theirs, link);
    await assert.rejects(
      takeWindowLock({ name: "a", folder: link, onDidAsk: () => {} }),
      /is no folder of yours/,
    );
    assert.equal(statSync(theirs).mode & 0o777, 0o755);
    assert.deepEqual(readdirSync(theirs), []);
  });

  it("does not mind a window that asks for something else, or too much", async () => {
    let asked = 0;
    await take("a", () => asked++);
    const [socket] = readdirSync(folder);
    assert.ok(socket);
    const client = connect(join(folder, socket));
    await once(client, "connect");
    client.write("x".repeat(1_000));
    client.end();
    await once(client.resume(), "close");
    assert.equal(asked, 0);
    assert.equal(await isLockHeld({ name: "a", folder }), true);
  });

  it("is free again after its window crashed", async () => {
    // A crash leaves the socket's file behind: the window is played by a process that is killed.
    const path = await pathOf("a");
    const script = `require("net").createServer().listen(${JSON.stringify(path)}, () => console.log("up"))`;
    const child: ChildProcess = spawn(process.execPath, ["-e", script], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    assert.ok(child.stdout);
    await once(child.stdout, "data");
    assert.equal(await take("a"), undefined);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
    assert.ok(readdirSync(folder).length > 0, "the file is still there");
    const locks = await Promise.all(Array.from({ length: 4 }, () => take("a")));
    assert.equal(locks.filter((lock) => lock).length, 1);
  });

  async function pathOf(name: string): Promise<string> {
    const lock = await takeWindowLock({ name, folder, onDidAsk: () => {} });
    const [file] = readdirSync(folder);
    await lock?.release();
    return join(folder, file ?? "");
  }
});
