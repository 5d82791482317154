import { now } from "./plan";
import { emptyRow, type Measurement, type RowContext } from "./row";
import { median, percentile, rounded } from "./statistics";

const FIRST_TOKENS = 800;
const TOKENS_PER_SECOND = 50;
const EVERY_MS = 1_000 / TOKENS_PER_SECOND;
const ABORTS = 20;
const JOINS = 300;

export const firstTokens: Measurement = {
  key: "ttft",
  measure: async ({ stage, hubs, options }) => {
    const row = emptyRow("time to first token, added p50 / p99, ms", "≤ 0.4 / ≤ 1.5");
    const columns = [...stage.columns(hubs), ...(options.floor ? [await stage.startPair()] : [])];
    const targets = columns.map(({ target }) => target);
    const times = await stage.requester.ask("firstTokens", { targets, rounds: FIRST_TOKENS });
    const [p50, p99] = [median(times[0] ?? []), percentile(times[0] ?? [], 0.99)];
    row.cells.direct = `0 (${rounded(p50)} / ${rounded(p99)})`;
    for (const [at, { name }] of columns.entries()) {
      if (at === 0) continue;
      const [added50, added99] = [median(times[at] ?? []) - p50, percentile(times[at] ?? [], 0.99) - p99];
      row.cells[name] = `${rounded(added50)} / ${rounded(added99)}`;
      row.met[name] = added50 <= 0.4 && added99 <= 1.5;
    }
    return [row];
  },
};

export const tokenDelay: Measurement = {
  key: "delay",
  measure: async ({ stage, hubs, options }) => {
    const row = emptyRow("delay of a token at 50 tok/s, added p50, ms", "≤ 0.25");
    const columns = [...stage.columns(hubs), ...(options.floor ? [await stage.startPair()] : [])];
    const delays = await stage.requester.ask("delays", {
      targets: columns.map(({ target }) => target),
      tokens: Math.round(2 * options.seconds * TOKENS_PER_SECOND),
      everyMs: EVERY_MS,
    });
    const direct = median(delays[0] ?? []);
    row.cells.direct = `0 (${rounded(direct)})`;
    for (const [at, { name }] of columns.entries()) {
      if (at === 0) continue;
      const added = median(delays[at] ?? []) - direct;
      row.cells[name] = rounded(added);
      row.met[name] = added <= 0.25;
    }
    return [row];
  },
};

export const aborts: Measurement = {
  key: "abort",
  measure: async ({ stage, hubs }) => {
    const row = emptyRow("requester aborts: provider sees it after, ms", "≤ 5");
    const columns = stage.columns(hubs);
    const times = columns.map((): number[] => []);
    for (let round = 0; round < ABORTS; round++) {
      for (const [at, { name, target }] of columns.entries()) {
        const id = `${name}-${round}`;
        const leftAt = await stage.requester.ask("abort", { target, id });
        times[at]?.push((await stage.provider.ask("closeOf", { id })) - leftAt);
      }
    }
    for (const [at, { name }] of columns.entries()) {
      const after = median(times[at] ?? []);
      row.cells[name] = rounded(after);
      row.met[name] = after <= 5;
    }
    return [row];
  },
};

export const joins: Measurement = {
  key: "join",
  measure: async ({ stage, hubs }) => {
    const row = emptyRow("join (PUT and tunnel), p50, ms", "≤ 1");
    const crowd = stage.crowd();
    for (const hub of hubs) await crowd.ask("join", { hub: hub.address, count: 50 });
    for (const hub of hubs) {
      const ms = median(await crowd.ask("join", { hub: hub.address, count: JOINS }));
      row.cells[hub.name] = rounded(ms);
      row.met[hub.name] = ms <= 1;
    }
    await stage.processes.end(crowd.child);
    return [row];
  },
};

export const kills: Measurement = {
  key: "kill",
  measure: async (context) => {
    const row = emptyRow("a participant is killed: event after, ms", "≤ 50");
    for (const hub of context.hubs) {
      const ms = median(await killedAfter(context, hub.name));
      row.cells[hub.name] = rounded(ms);
      row.met[hub.name] = ms <= 50;
    }
    return [row];
  },
};

const KILLS = 5;

async function killedAfter({ stage, hubs }: RowContext, name: string): Promise<number[]> {
  const hub = hubs.find((each) => each.name === name);
  if (!hub) return [];
  const crowd = stage.crowd();
  await crowd.ask("watch", { hub: hub.address, count: 1 });
  const times: number[] = [];
  for (let at = 1; at <= KILLS; at++) {
    const child = await stage.share(hub, at);
    const seen = crowd.ask("seenByAll", { text: "event: participant.offline" });
    // The question has to be there first.
    await crowd.ask("settled", undefined);
    const killedAt = now();
    child.kill("SIGKILL");
    times.push((await seen) - killedAt);
  }
  await stage.processes.end(crowd.child);
  return times;
}
