import { cpuMs } from "./procfs";
import { emptyRow, type Measurement, type Row, type RowContext } from "./row";
import type { Column, RunningHub } from "./stage";
import { mean, median, percentile, rounded } from "./statistics";

const ROUNDS = 5;
const STREAMS = 512;
const TOKENS_PER_SECOND = 50;
const EVERY_MS = 1_000 / TOKENS_PER_SECOND;
/** What one participant takes at once, as the wire allows. */
const CAPACITY = 64;
const STREAM_ROUNDS = 2;

function oneStream(
  key: string,
  title: string,
  { bytes, tokens, goal }: { bytes: number; tokens: number; goal: number },
): Measurement {
  return {
    key,
    measure: async ({ stage, options, hubs }) => {
      const columns = [...stage.columns(hubs), ...(options.floor ? [await stage.startPipes()] : [])];
      const runs = await runsOf({ stage }, columns, { bytes, tokens });
      return [speedRow(title, goal, columns, runs), costRow(columns, runs)];
    },
  };
}

export const fast = oneStream("fast", "one stream, as fast as possible, of direct", {
  bytes: 6,
  tokens: 150_000,
  goal: 50,
});
export const big = oneStream("big", "the same with 4 KB tokens, of direct", {
  bytes: 4_096,
  tokens: 40_000,
  goal: 55,
});

/** One stream from its first byte to its last. */
interface Run {
  tokensPerMs: number;
  /** Per 1,000 tokens, ms. */
  cpu: number;
  shareCpu: number;
}

/** By column, in rounds. */
async function runsOf(
  { stage }: Pick<RowContext, "stage">,
  columns: readonly Column[],
  { bytes, tokens }: { bytes: number; tokens: number },
): Promise<Run[][]> {
  const runs = columns.map((): Run[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [at, { target, pid, sharePids }] of columns.entries()) {
      const before = { cpu: cpuOf([pid]), share: cpuOf(sharePids) };
      const some = round < 0 ? tokens / 4 : tokens;
      const ms = await stage.requester.ask("fast", { target, bytes, tokens: some });
      const cpu = ((cpuOf([pid]) - before.cpu) / some) * 1_000;
      const shareCpu = ((cpuOf(sharePids) - before.share) / some) * 1_000;
      if (round >= 0) runs[at]?.push({ tokensPerMs: some / ms, cpu, shareCpu });
    }
  }
  return runs;
}

function cpuOf(pids: readonly (number | undefined)[] = []): number {
  return pids.reduce<number>((sum, pid) => sum + (pid === undefined ? 0 : cpuMs(pid)), 0);
}

function speedRow(title: string, goal: number, columns: readonly Column[], runs: readonly Run[][]): Row {
  const row = emptyRow(title, `≥ ${goal} %`);
  const direct = runs[0] ?? [];
  for (const [at, { name }] of columns.entries()) {
    const mine = runs[at] ?? [];
    if (at === 0) {
      row.cells[name] = `100 % (${rounded(median(mine.map((run) => run.tokensPerMs)))} k/s)`;
      continue;
    }
    // Of the run right before it, so that what else the machine does weighs on both.
    const ratios = mine.map((run, round) => run.tokensPerMs / (direct[round]?.tokensPerMs ?? Number.NaN));
    const percent = 100 * median(ratios);
    row.cells[name] = `${rounded(percent)} %`;
    row.met[name] = percent >= goal;
  }
  return row;
}

/** Told beside the speed: on a machine that others use too it says more. */
function costRow(columns: readonly Column[], runs: readonly Run[][]): Row {
  const row = emptyRow("CPU of hub + its participant per 1,000 of these tokens, ms", "");
  for (const [at, { name, pid, sharePids }] of columns.entries()) {
    const mine = runs[at] ?? [];
    const cpu = rounded(mean(mine.map((run) => run.cpu)));
    const share = sharePids ? ` + ${rounded(mean(mine.map((run) => run.shareCpu)))}` : "";
    if (pid !== undefined) row.cells[name] = `${cpu}${share}`;
  }
  return row;
}

/** A stretch of many paced streams. */
interface Stretch {
  delays: Float64Array;
  cpuMs: number;
}

export const streams: Measurement = {
  key: "streams",
  measure: async ({ stage, options }) => {
    const crowd = stage.crowd();
    const hubs: RunningHub[] = [];
    for (const build of options.builds) {
      const hub = await stage.startHub(build);
      await crowd.ask("serve", { hub: hub.address, count: STREAMS / CAPACITY, capacity: CAPACITY });
      hubs.push(hub);
    }
    const floor = options.floor ? [await stage.startFloor()] : [];
    for (const { target } of floor) {
      await crowd.ask("serveAt", { url: `ws://127.0.0.1:${target.port}`, count: STREAMS / CAPACITY });
    }
    const columns = [...stage.columns(hubs), ...floor];
    const stretches = columns.map((): Stretch[] => []);
    for (let round = 0; round < STREAM_ROUNDS; round++) {
      for (const [at, column] of columns.entries()) {
        stretches[at]?.push(await stretchOf(stage, column, options.seconds));
      }
    }
    for (const hub of hubs) await stage.end(hub.child);
    await stage.processes.end(crowd.child);
    return streamRows(columns, stretches);
  },
};

async function stretchOf(
  stage: RowContext["stage"],
  { target, pid }: Column,
  seconds: number,
): Promise<Stretch> {
  const before = pid === undefined ? 0 : cpuMs(pid);
  const delays = await stage.requester.ask("delays", {
    targets: Array.from({ length: STREAMS }, () => target),
    tokens: Math.round(seconds * TOKENS_PER_SECOND),
    everyMs: EVERY_MS,
  });
  const all = Float64Array.from(delays.flatMap((each) => [...each]));
  return { delays: all, cpuMs: pid === undefined ? Number.NaN : cpuMs(pid) - before };
}

function streamRows(columns: readonly Column[], stretches: readonly Stretch[][]) {
  const delay = emptyRow("512 streams at 50 tok/s: token delay p50 / p99, ms", "p99 ≤ 40");
  const cpu = emptyRow("the same: hub CPU per 1,000 tokens, ms", "≤ 25");
  for (const [at, { name, pid }] of columns.entries()) {
    const mine = stretches[at] ?? [];
    const p99 = median(mine.map(({ delays }) => percentile(delays, 0.99)));
    delay.cells[name] = `${rounded(median(mine.map(({ delays }) => median(delays))))} / ${rounded(p99)}`;
    delay.met[name] = p99 <= 40;
    if (pid === undefined) continue;
    const perThousand = median(mine.map((each) => (each.cpuMs / each.delays.length) * 1_000));
    cpu.cells[name] = rounded(perThousand);
    cpu.met[name] = perThousand <= 25;
  }
  return [delay, cpu];
}
