import { pause } from "./pause";
import { peakRssMb, resetPeak, rssMb } from "./procfs";
import { emptyRow, type Measurement } from "./row";
import { type Column, columnOf, type HubBuild, type Stage } from "./stage";
import { median, rounded } from "./statistics";

/** Below the limit of 32 MiB with what stands around it. */
const PROMPT_BYTES = 32_000_000;
const PROMPTS = 5;
const FLOOD_MS = 5_000;
/** A hub that has just started grows by what it loads: that is not meant, ms and requests. */
const WARM_UP = { tokens: 20_000, bytes: 6 };

export const prompts: Measurement = {
  key: "prompt",
  measure: async ({ stage, options }) => {
    const row = emptyRow("a 32 MB prompt: time, peak RSS", "≤ 160 ms, ≤ 200 MB");
    const hubs = [];
    for (const build of options.builds) {
      const hub = await stage.startHub(build);
      await stage.share(hub);
      hubs.push(hub);
    }
    const columns = stage.columns(hubs);
    const times = columns.map((): number[] => []);
    for (const { pid } of columns) if (pid !== undefined) resetPeak(pid);
    for (let round = 0; round < PROMPTS; round++) {
      for (const [at, { target }] of columns.entries()) {
        times[at]?.push(await stage.requester.ask("prompt", { target, bytes: PROMPT_BYTES }));
      }
    }
    for (const [at, { name, pid }] of columns.entries()) {
      const ms = median(times[at] ?? []);
      const mb = pid === undefined ? 0 : peakRssMb(pid);
      row.cells[name] = pid === undefined ? `${rounded(ms)} ms` : `${rounded(ms)} ms, ${rounded(mb)} MB`;
      row.met[name] = ms <= 160 && mb <= 200;
    }
    for (const hub of hubs) await stage.end(hub.child);
    return [row];
  },
};

export const floods: Measurement = {
  key: "flood",
  measure: async ({ stage, options }) => {
    const row = emptyRow("a requester reads nothing while the provider floods: hub RSS grows by", "≤ 5 MB");
    for (const build of options.builds) {
      const grown = await grownByFlood(stage, build);
      row.cells[build.name] = `${rounded(grown)} MB`;
      row.met[build.name] = grown <= 5;
    }
    return [row];
  },
};

async function grownByFlood(stage: Stage, build: HubBuild): Promise<number> {
  const hub = await stage.startHub(build);
  await stage.share(hub);
  const column: Column = columnOf(hub);
  await stage.requester.ask("fast", { target: column.target, ...WARM_UP });
  await pause(500);
  const before = rssMb(hub.pid);
  resetPeak(hub.pid);
  await stage.requester.ask("flood", { target: column.target, bytes: 4_096 });
  await pause(FLOOD_MS);
  const grown = peakRssMb(hub.pid) - before;
  await stage.requester.ask("endFloods", undefined);
  await stage.end(hub.child);
  return grown;
}
