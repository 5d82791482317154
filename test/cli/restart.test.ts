import { deepEqual, equal, match, ok } from "node:assert/strict";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HubClient } from "../../src/client/hubClient";
import { paths } from "../../src/protocol/paths";
import { createdRoomSchema } from "../../src/protocol/room";
import { FeedLog } from "../client/feedLog";
import { type CliProcess, CliRunner } from "../support/cliRunner";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { useTempFolders } from "../support/tempFolder";

const HEARTBEAT_MS = 10_000;
const KILLS = 8;

/** A room and what its hub has answered of it. What it was asked and did not answer may or may not be so. */
class TrackedRoom {
  readonly #url: string;
  #code = "";
  #hostToken = "";
  #memberToken = "";
  /** What its name may be: the one last answered, and those asked for since. Undefined where it is closed. */
  #possible = new Set<string | undefined>(["New"]);

  constructor(url: string) {
    this.#url = url;
  }

  async make(): Promise<boolean> {
    const answer = await this.#ask("POST", paths.rooms, { name: "New", access: "protected" });
    if (answer?.status !== 201) return false;
    const { data } = (await answer.json()) as { data: unknown };
    const made = createdRoomSchema.parse(data);
    this.#code = made.room.code;
    this.#hostToken = made.hostToken ?? "";
    this.#memberToken = made.memberToken ?? "";
    return true;
  }

  rename(name: string): Promise<boolean> {
    return this.#change(name, "PATCH", { name });
  }

  close(): Promise<boolean> {
    return this.#change(undefined, "DELETE");
  }

  /** Whether the hub that follows has it so. */
  async check(url: string): Promise<void> {
    const headers = { authorization: `Bearer ${this.#memberToken}` };
    const answer = await fetch(url + paths.room(this.#code), { headers });
    const { data } = (await answer.json()) as { data?: { name: string } };
    const name = answer.status === 200 ? data?.name : undefined;
    ok(this.#possible.has(name), `${name} is none of ${[...this.#possible]}`);
    this.#possible = new Set([name]);
  }

  async #change(asked: string | undefined, method: string, body?: unknown): Promise<boolean> {
    this.#possible.add(asked);
    const answer = await this.#ask(method, paths.room(this.#code), body);
    if (answer?.status !== 200) return false;
    this.#possible = new Set([asked]);
    return true;
  }

  /** Undefined where the hub was killed meanwhile. */
  async #ask(method: string, path: string, body?: unknown): Promise<Response | undefined> {
    const headers = { authorization: `Bearer ${this.#hostToken}` };
    try {
      const answer = await fetch(this.#url + path, { method, headers, body: JSON.stringify(body) });
      return new Response(await answer.text(), { status: answer.status });
    } catch {
      return undefined; // That is what the test is about.
    }
  }
}

describe("llm-rooms hub --data", () => {
  const cli = new CliRunner();
  const makeFolder = useTempFolders();
  let folder: string;
  let port: string;
  let provider: FakeProvider;

  beforeEach(async () => {
    folder = join(await makeFolder(), "data");
    port = "0";
    provider = await startFakeProvider({ models: ["llama3:8b"] });
  });
  afterEach(async () => {
    await cli.dispose();
    await provider.close();
  });

  /** A hub on the same folder, and from the second time on on the same port. */
  const startHub = async (): Promise<{ cli: CliProcess; url: string }> => {
    const hub = await cli.startHub(["--data", folder, "--port", port]);
    port = new URL(hub.url).port;
    return hub;
  };

  it("R4: killed again and again while it writes, it has all that it answered", async () => {
    let hub = await startHub();
    const rooms = new Set<TrackedRoom>();
    for (let kill = 0; kill < KILLS; kill++) {
      const stop = new AbortController();
      const { url } = hub;
      let answers = 0;
      const work = async () => {
        while (!stop.signal.aborted) {
          const room = new TrackedRoom(url);
          if (await room.make()) rooms.add(room);
          if (await room.rename(`Renamed in ${kill}`)) answers++;
          if (answers % 3 === 0) await room.close();
        }
      };
      const workers = [0, 1, 2, 3].map(work);
      await eventually(() => answers > 3);
      // At another point of its writing each time.
      await sleep(kill * 3);
      await hub.cli.kill("SIGKILL");
      stop.abort();
      await Promise.all(workers);
      hub = await startHub();
      for (const room of rooms) await room.check(hub.url);
    }
    ok(rooms.size > KILLS, `${rooms.size} rooms`);
    const left = await readdir(folder);
    deepEqual(
      left.filter((name) => name.includes("corrupt")),
      [],
    );
    equal((await hub.cli.kill("SIGTERM")).code, 0);
    ok((await readdir(folder)).every((name) => name !== "hub.lock"));
  }).timeout(120_000);

  it("R9: a share and a watcher are back within a heartbeat after each kill", async () => {
    let hub = await startHub();
    const { room, memberToken = "" } = await new HubClient(hub.url).createRoom({
      name: "Team",
      access: "protected",
    });
    const env = { LLM_ROOMS_TOKEN: memberToken };
    const args = [
      ...["share", "--hub", hub.url, "--room", room.code],
      ...["--endpoint", provider.url, "--model", "llama3:8b", "--nickname", "Ada"],
    ];
    const share = cli.start(args, { env });
    await share.shows(/^online$/m);
    const log = new FeedLog({ hubUrl: hub.url, room, token: memberToken });
    try {
      for (let kill = 0; kill < 3; kill++) {
        await eventually(() => log.people[0]?.endsWith("online"));
        await hub.cli.kill("SIGKILL");
        await log.phase("lost");
        hub = await startHub();
        const backAt = performance.now();
        const isBack = () => log.feed.state.phase.state === "live" && log.people[0]?.endsWith("online");
        await eventually(() => isBack() === true, { timeoutMs: HEARTBEAT_MS });
        ok(performance.now() - backAt < HEARTBEAT_MS);
      }
      const question = ["chat", "--hub", hub.url, "--room", room.code, "--to", "Ada", "Hello"];
      const asked = await cli.run(question, { env });
      equal(asked.exit.code, 0, asked.stderr);
    } finally {
      log.feed.dispose();
    }
  }).timeout(90_000);

  it("R10: a share that was killed takes its own id again", async () => {
    const hub = await startHub();
    const { room, memberToken = "" } = await new HubClient(hub.url).createRoom({
      name: "Team",
      access: "protected",
    });
    const env = { LLM_ROOMS_TOKEN: memberToken };
    const args = [
      ...["share", "--hub", hub.url, "--room", room.code],
      ...["--endpoint", provider.url, "--model", "llama3:8b"],
    ];
    const first = cli.start(args, { env });
    await first.shows(/^online$/m);
    await first.kill("SIGKILL");
    const second = cli.start(args, { env });
    await second.shows(/^online$/m);
    equal((await new HubClient(hub.url, { token: memberToken }).listParticipants(room.code)).length, 1);
    equal((await second.kill("SIGTERM")).code, 0);
    equal(second.stderr, "");
  }).timeout(60_000);

  it("R7: a second hub on the same folder ends at once and says why", async () => {
    await startHub();
    const second = await cli.run(["hub", "--port", "0", "--data", folder]);
    equal(second.exit.code, 1);
    match(second.stderr, /Another hub, process \d+, keeps its rooms in/);
  });

  it("R6: what is no list of rooms is set aside, and said at start; a later version's stops it", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "rooms.json"), "my notes");
    const hub = cli.start(["hub", "--port", "0", "--data", folder]);
    await hub.shows(/listens at/);
    const [aside = ""] = (await readdir(folder)).filter((name) => name.startsWith("rooms.json.corrupt-"));
    ok(`${hub.stdout}${hub.stderr}`.includes(aside));
    await hub.kill("SIGTERM");
    await writeFile(join(folder, "rooms.json"), '{"format":"llm-rooms","version":99,"rooms":[]}');
    const later = await cli.run(["hub", "--port", "0", "--data", folder]);
    equal(later.exit.code, 1);
    match(later.stderr, /later version/);
  });

  it("R4: without --data the rooms end with the hub, and nothing is written", async () => {
    const { cli: hub, url } = await cli.startHub();
    const made = await fetch(url + paths.rooms, { method: "POST", body: JSON.stringify({ name: "Team" }) });
    equal(made.status, 201);
    equal((await hub.kill("SIGTERM")).code, 0);
    deepEqual(await readdir(cli.home), []);
  });
});
