import { cpuMs } from "./procfs";
import { emptyRow, type Measurement, type RowContext } from "./row";
import type { Column, RunningHub } from "./stage";
import { median, percentile, rounded } from "./statistics";

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
    measure: async ({ stage, hubs }) => {
      const columns = stage.columns(hubs);
      const speeds = await speedsOf({ stage }, columns, { bytes, tokens });
      return [speedRow(title, goal, columns, speeds)];
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

/** Tokens per ms, by column. */
async function speedsOf(
  { stage }: Pick<RowContext, "stage">,
  columns: readonly Column[],
  { bytes, tokens }: { bytes: number; tokens: number },
): Promise<number[][]> {
  const speeds = columns.map((): number[] => []);
  for (let round = -1; round < ROUNDS; round++) {
    for (const [at, { target }] of columns.entries()) {
      const ms = await stage.requester.ask("fast", {
        target,
        bytes,
        tokens: round < 0 ? tokens / 4 : tokens,
      });
      if (round >= 0) speeds[at]?.push(tokens / ms);
    }
  }
  return speeds;
}

function speedRow(title: string, goal: number, columns: readonly Column[], speeds: readonly number[][]) {
  const row = emptyRow(title, `≥ ${goal} %`);
  const direct = speeds[0] ?? [];
  for (const [at, { name }] of columns.entries()) {
    if (at === 0) {
      row.cells[name] = `100 % (${rounded(median(direct))} k/s)`;
      continue;
    }
    // Of the run right before it, so that what else the machine does weighs on both.
    const ratio =
      100 * median((speeds[at] ?? []).map((speed, round) => speed / (direct[round] ?? Number.NaN)));
    row.cells[name] = `${rounded(ratio)} %`;
    row.met[name] = ratio >= goal;
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
    const columns = stage.columns(hubs);
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
