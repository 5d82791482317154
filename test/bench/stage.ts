import type { ChildProcess } from "node:child_process";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { paths } from "../../src/protocol/paths";
import type { CrowdJobs } from "./crowd";
import { DIRECT_PATH, type Target } from "./exchange";
import type { FloorJobs } from "./floor";
import { type HubAddress, makeRoom } from "./hubApi";
import { type Nginx, startNginx } from "./nginx";
import { Processes, pidOf } from "./processes";
import type { ProviderJobs } from "./provider";
import type { RequesterJobs } from "./requester";
import type { Worker } from "./worker";

/** Another build of the hub to compare, or our own. */
export interface HubBuild {
  name: string;
  cli: string;
}

export interface RunningHub {
  name: string;
  child: ChildProcess;
  pid: number;
  /** What another process needs to find it. */
  address: HubAddress;
  /** Of its participants that are processes of their own. */
  sharePids: number[];
}

/** A column of the rows in which requests are answered. */
export interface Column {
  name: string;
  target: Target;
  /** Whose CPU is counted; absent where there is nobody between. */
  pid?: number;
  /** Of the hub's participants. */
  sharePids?: readonly number[];
}

/** The processes of one run, and what it takes to start more of them. */
export class Stage {
  readonly processes = new Processes();
  readonly provider: Worker<ProviderJobs>;
  readonly requester: Worker<RequesterJobs>;
  readonly builds: readonly HubBuild[];
  readonly #profileFolder: string | undefined;
  readonly #profiled: ChildProcess[] = [];
  nginx: Nginx | undefined;
  #providerPort = 0;

  /** @param profileFolder where hubs and shares leave a CPU profile each; absent: they make none. */
  constructor(builds: readonly HubBuild[], profileFolder?: string) {
    this.builds = builds;
    this.#profileFolder = profileFolder;
    this.provider = this.processes.worker(here("provider.js"));
    this.requester = this.processes.worker(here("requester.js"));
  }

  async start(): Promise<void> {
    this.#providerPort = await this.provider.ask("listen", undefined);
    this.nginx = await startNginx(this.processes, this.#providerPort);
  }

  crowd(): Worker<CrowdJobs> {
    return this.processes.worker(here("crowd.js"));
  }

  async startHub({ name, cli }: HubBuild): Promise<RunningHub> {
    const args = [cli, "hub", ...(hasFlag(cli, "--open") ? ["--open"] : []), "--port", "0", "--json"];
    const { child, found } = await this.#startProgram("hub", args, /"url":"http:\/\/[^"]*:(\d+)"/);
    const port = Number(found[1]);
    return { name, child, pid: pidOf(child), address: { port, code: await makeRoom(port) }, sharePids: [] };
  }

  /** Our own participant in a process of its own. @param at tells shares of one room apart. */
  async share(hub: RunningHub, at = 0, capacity = 64): Promise<ChildProcess> {
    const cli = this.builds.find(({ name }) => name === hub.name)?.cli ?? "";
    const { child } = await this.#startProgram(
      "share",
      [
        ...[
          cli,
          "share",
          "--hub",
          `http://127.0.0.1:${hub.address.port}`,
          "--room",
          hub.address.code,
          "--no-specs",
        ],
        ...["--endpoint", `http://127.0.0.1:${this.#providerPort}`, "--model", `bench-${at}`],
        ...["--nickname", `bench-${at}`, "--capacity", String(capacity)],
      ],
      /can use it now/,
    );
    hub.sharePids.push(pidOf(child));
    return child;
  }

  /** A bare relay. */
  async startFloor(): Promise<Required<Pick<Column, "name" | "target" | "pid">>> {
    const floor = this.#floor();
    const port = await floor.ask("listen", undefined);
    return { name: "bare relay", target: { port, path: "/", model: "any" }, pid: pidOf(floor.child) };
  }

  /** A bare relay and a participant as bare, in processes of their own. */
  async startPair(): Promise<Column> {
    const { name, target, pid } = await this.startFloor();
    const participant = this.#floor();
    await participant.ask("participate", { port: target.port, providerPort: this.#providerPort });
    return { name, target, pid, sharePids: [pidOf(participant.child)] };
  }

  /** Two bare pipes, one behind the other, in the places of a hub and its participant. */
  async startPipes(): Promise<Column> {
    const [far, near] = [this.#floor(), this.#floor()];
    const farPort = await far.ask("pipe", { port: this.#providerPort });
    const port = await near.ask("pipe", { port: farPort });
    const target = { port, path: DIRECT_PATH, model: "bench-0" };
    return { name: "bare relay", target, pid: pidOf(near.child), sharePids: [pidOf(far.child)] };
  }

  #floor(): Worker<FloorJobs> {
    return this.processes.worker<FloorJobs>(here("floor.js"));
  }

  /** Ends a hub or share; one that is profiled gets the time to write. */
  end(child: ChildProcess): Promise<void> {
    return this.processes.end(child, this.#profileFolder === undefined ? "SIGKILL" : "SIGINT");
  }

  async close(): Promise<void> {
    await Promise.all(this.#profiled.map((child) => this.end(child)));
  }

  async #startProgram(name: string, args: readonly string[], ready: RegExp) {
    const folder = this.#profileFolder;
    const profile =
      folder === undefined
        ? []
        : [
            "--cpu-prof",
            "--cpu-prof-dir",
            folder,
            "--cpu-prof-name",
            `${name}-${this.#profiled.length}.cpuprofile`,
          ];
    const started = await this.processes.start(process.execPath, [...profile, ...args], ready);
    if (folder !== undefined) this.#profiled.push(started.child);
    return started;
  }

  /** Directly, through nginx where there is one, and through each hub. */
  columns(hubs: readonly RunningHub[]): Column[] {
    const path = DIRECT_PATH;
    const direct = { name: "direct", target: { port: this.#providerPort, path, model: "bench-0" } };
    const nginx = this.nginx && {
      name: "nginx",
      target: { port: this.nginx.port, path, model: "bench-0" },
      pid: pidOf(this.nginx.child),
    };
    return [direct, ...(nginx ? [nginx] : []), ...hubs.map((hub) => columnOf(hub))];
  }
}

export function columnOf({ name, address, pid, sharePids }: RunningHub, model = "any"): Column {
  return {
    name,
    target: { port: address.port, path: paths.chatCompletions(address.code), model },
    pid,
    sharePids,
  };
}

function here(file: string): string {
  return join(__dirname, file);
}

function hasFlag(cli: string, flag: string): boolean {
  return spawnSync(process.execPath, [cli, "hub", "--help"], { encoding: "utf8" }).stdout.includes(flag);
}
