import { type HubAddress, makeRoom } from "./hubApi";
import { pause } from "./pause";
import { cpuMs, rssMb } from "./procfs";
import { emptyRow, type Measurement } from "./row";
import type { Stage } from "./stage";
import { percentile, rounded } from "./statistics";

const PARTICIPANTS = 5_000;
/** As many to a room as a hub lets in. */
const PER_ROOM = 500;
/** Until the joining itself is forgotten, ms. */
const SETTLE_MS = 3_000;
/** Two heartbeats of each, ms. */
const IDLE_MS = 20_000;
const WATCHERS = 1_000;
const WATCHED_JOINS = 40;
const FIRST_JOINS = 5;

export const idle: Measurement = {
  key: "idle",
  measure: async ({ stage, options }) => {
    const row = emptyRow("5,000 idle participants: CPU of a core, RSS", "≤ 6 %, ≤ 180 MB");
    for (const build of options.builds) {
      const hub = await stage.startHub(build);
      const { port } = hub.address;
      const hubs = [];
      for (let at = 0; at < PARTICIPANTS / PER_ROOM; at++) hubs.push({ port, code: await makeRoom(port) });
      const { percent, mb } = await idleCost(stage, hubs, hub.pid);
      row.cells[build.name] = `${rounded(percent)} %, ${rounded(mb)} MB`;
      row.met[build.name] = percent <= 6 && mb <= 180;
      await stage.end(hub.child);
    }
    if (options.floor) {
      const floor = await stage.startFloor();
      const { percent, mb } = await idleCost(stage, [{ port: floor.target.port, code: "any" }], floor.pid);
      row.cells[floor.name] = `${rounded(percent)} %, ${rounded(mb)} MB`;
    }
    return [row];
  },
};

async function idleCost(stage: Stage, hubs: HubAddress[], pid: number) {
  const crowd = stage.crowd();
  await crowd.ask("beIdle", { hubs, count: PARTICIPANTS });
  await pause(SETTLE_MS);
  const before = cpuMs(pid);
  await pause(IDLE_MS);
  const cost = { percent: ((cpuMs(pid) - before) / IDLE_MS) * 100, mb: rssMb(pid) };
  await stage.processes.end(crowd.child);
  return cost;
}

export const watchers: Measurement = {
  key: "watchers",
  measure: async ({ stage, options }) => {
    const row = emptyRow("1,000 watchers see a join, last one p50 / p95, ms", "p95 ≤ 15");
    for (const build of options.builds) {
      const hub = await stage.startHub(build);
      const crowd = stage.crowd();
      await crowd.ask("watch", { hub: hub.address, count: WATCHERS });
      const times: number[] = [];
      for (let join = -FIRST_JOINS; join < WATCHED_JOINS; join++) {
        const ms = await crowd.ask("joinWatched", { hub: hub.address });
        if (join >= 0) times.push(ms);
        await pause(50);
      }
      const p95 = percentile(times, 0.95);
      row.cells[build.name] = `${rounded(percentile(times, 0.5))} / ${rounded(p95)}`;
      row.met[build.name] = p95 <= 15;
      await stage.processes.end(crowd.child);
      await stage.end(hub.child);
    }
    return [row];
  },
};
