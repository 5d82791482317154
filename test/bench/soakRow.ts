import type { CrowdJobs } from "./crowd";
import { rssMb } from "./procfs";
import { emptyRow, type Measurement } from "./row";
import { columnOf, type RunningHub, type Stage } from "./stage";
import { median, rounded } from "./statistics";
import type { Worker } from "./worker";

const MINUTE_MS = 60_000;
/** By then everything has been loaded, compiled and grown as far as it should. */
const SETTLED_MS = 2 * MINUTE_MS;
/** What is watched for the figure of a moment, ms. */
const WINDOW_MS = MINUTE_MS / 2;
/** More than noise, of the second minute's. */
const GROWTH_ALLOWED = 1.1;
const STREAMS = 40;
const EVERY_MS = 20;
const TOKENS = 250;

/** Of everything a little, over and over: what stays behind shows. */
export const soak: Measurement = {
  key: "soak",
  measure: async ({ stage, options }) => {
    const row = emptyRow(
      `soak of ${options.soakMinutes} min: RSS of the second minute, of the end`,
      "the same",
    );
    for (const build of options.builds) {
      const hub = await stage.startHub(build);
      await stage.share(hub);
      const samples = await rssWhile(stage, hub, options.soakMinutes * MINUTE_MS);
      const settled = samples.filter(({ atMs }) => atMs <= SETTLED_MS).slice(-windowOf(samples));
      const [second, end] = [settled, samples.slice(-windowOf(samples))].map((some) =>
        median(some.map(({ mb }) => mb)),
      );
      row.cells[build.name] = `${rounded(second ?? Number.NaN)}, ${rounded(end ?? Number.NaN)} MB`;
      row.met[build.name] = (end ?? Number.NaN) <= (second ?? 0) * GROWTH_ALLOWED;
      await stage.end(hub.child);
    }
    return [row];
  },
};

interface Sample {
  atMs: number;
  mb: number;
}

async function rssWhile(stage: Stage, hub: RunningHub, durationMs: number): Promise<Sample[]> {
  const crowd = stage.crowd();
  const samples: Sample[] = [];
  const startedAt = Date.now();
  for (let round = 0; Date.now() - startedAt < durationMs; round++) {
    await everything(stage, hub, crowd, round);
    samples.push({ atMs: Date.now() - startedAt, mb: rssMb(hub.pid) });
  }
  await stage.processes.end(crowd.child);
  return samples;
}

async function everything(
  stage: Stage,
  hub: RunningHub,
  crowd: Worker<CrowdJobs>,
  round: number,
): Promise<void> {
  const { target } = columnOf(hub);
  const targets = Array.from({ length: STREAMS }, () => target);
  await Promise.all([
    stage.requester.ask("delays", { targets, tokens: TOKENS, everyMs: EVERY_MS }),
    stage.requester.ask("fast", { target, tokens: 20_000, bytes: 6 }),
    stage.requester.ask("abort", { target, id: `soak-${round}` }),
    stage.requester.ask("prompt", { target, bytes: 1_000_000 }),
    crowd.ask("join", { hub: hub.address, count: 20 }),
  ]);
}

/** How many samples a window has. */
function windowOf(samples: readonly Sample[]): number {
  const lastMs = samples.at(-1)?.atMs ?? 0;
  return Math.max(1, Math.round((samples.length * WINDOW_MS) / Math.max(lastMs, 1)));
}
