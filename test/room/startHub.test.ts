import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { HubClient } from "../../src/client/hubClient";
import { HumanError } from "../../src/common/humanError";
import { type StartedHub, startHub } from "../../src/vscode/room/startHub";
import { eventually } from "../support/eventually";

describe("starting a hub for a room", () => {
  const started: StartedHub[] = [];
  let folder: string;
  const start = async (options: Partial<Parameters<typeof startHub>[0]> = {}) => {
    const hub = await startHub({
      cliPath: resolve("dist/cli.js"),
      host: "127.0.0.1",
      tls: false,
      preferredPort: 0,
      dataFolder: join(folder, "hub"),
      logFolder: folder,
      ...options,
    });
    started.push(hub);
    return hub;
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "start-hub-"));
  });
  afterEach(async () => {
    for (const { pid } of started) process.kill(pid);
    for (const { url } of started.splice(0)) await eventually(async () => !(await answers(url)));
    await rm(folder, { recursive: true, force: true });
  });

  it("gives a hub that answers, in a process of its own", async () => {
    const hub = await start();
    assert.ok(await answers(hub.url));
    assert.notEqual(hub.pid, process.pid);
  });

  it("takes another port where the usual one is taken", async () => {
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    try {
      const hub = await start({ preferredPort: port });
      assert.notEqual(Number(new URL(hub.url).port), port);
    } finally {
      taken.close();
    }
  });

  it("gives one that speaks TLS, with the certificate's fingerprint and rooms that are there again after it", async () => {
    const { url, fingerprint, pid } = await start({ tls: true });
    assert.match(url, /^https:/);
    assert.match(fingerprint ?? "", /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    const hub = new HubClient(url, { fingerprint });
    const { room, memberToken } = await hub.createRoom({ name: "Team", access: "protected" });
    process.kill(pid);
    started.length = 0;
    await eventually(async () => !(await reachable(hub)));
    const again = await start({ tls: true, preferredPort: Number(new URL(url).port), samePort: true });
    assert.deepEqual([again.url, again.fingerprint], [url, fingerprint]);
    const found = await new HubClient(url, { fingerprint, token: memberToken }).getRoom(room.code);
    assert.equal(found.name, "Team");
    started.length = 0;
    process.kill(again.pid);
    await eventually(async () => !(await reachable(hub)));
  });

  it("takes no other port where it has to be the same, since its invites name that", async () => {
    const taken: Server = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    try {
      await assert.rejects(
        start({ preferredPort: port, samePort: true }),
        (error) => error instanceof HumanError,
      );
    } finally {
      taken.close();
    }
  });

  it("says what a hub said that did not start", async () => {
    const cliPath = join(folder, "broken.js");
    await writeFile(cliPath, 'console.error("no room on this disk"); process.exit(3);');
    await assert.rejects(start({ cliPath }), (error) => {
      assert.ok(error instanceof HumanError);
      assert.match(`${error.message} ${error.hint}`, /code 3.*no room on this disk/);
      return true;
    });
  });

  it("does not take any output for a hub", async () => {
    const cliPath = join(folder, "chatty.js");
    await writeFile(cliPath, 'console.log("hello"); setInterval(() => {}, 1000);');
    await assert.rejects(start({ cliPath }), (error) => error instanceof HumanError);
  });
});

async function reachable(hub: HubClient): Promise<boolean> {
  try {
    await hub.health();
    return true;
  } catch {
    return false; // Nobody listens there.
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/v1/health`)).ok;
  } catch {
    return false; // Nobody listens there.
  }
}
