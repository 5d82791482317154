/** A participant that may take what waits. */
export interface Server {
  /** Requests that it takes at once. */
  readonly capacity: number;
  /** How long its recent answers took; undefined where it gave none yet. */
  readonly meanMs: number | undefined;
  /** For how long each request that it serves now has been running. */
  readonly runningForMs: readonly number[];
}

/** An answer that takes longer than usual is expected to need this much of the usual time still. */
const OVERDUE_SHARE = 0.25;

/** When the request at this position will probably begin; undefined where nothing is known of any answer. */
export function estimateWaitMs(position: number, servers: readonly Server[]): number | undefined {
  const known = servers.flatMap(({ meanMs }) => (meanMs === undefined ? [] : [meanMs]));
  if (known.length === 0) return undefined;
  const usualMs = known.reduce((sum, each) => sum + each, 0) / known.length;
  let begunPerMs = 0;
  let firstFreeMs = Number.POSITIVE_INFINITY;
  for (const { capacity, meanMs = usualMs, runningForMs } of servers) {
    begunPerMs += capacity / Math.max(1, meanMs);
    for (const elapsedMs of runningForMs)
      firstFreeMs = Math.min(firstFreeMs, Math.max(meanMs - elapsedMs, meanMs * OVERDUE_SHARE));
  }
  // Nothing runs: they are busy with their owners' work, of which we know no more than that it goes on.
  if (firstFreeMs === Number.POSITIVE_INFINITY) firstFreeMs = usualMs;
  return firstFreeMs + (position - 1) / begunPerMs;
}

/** As people say it: an estimate to the second would change with every word of an answer. */
export function roundedSeconds(ms: number): number {
  const seconds = Math.max(1, Math.round(ms / 1_000));
  const step = seconds < 10 ? 1 : seconds < 120 ? 5 : 30;
  return Math.max(1, Math.round(seconds / step) * step);
}
