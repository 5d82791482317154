import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 5;

/** Resolves with what `check` returns once it neither throws nor is false; else fails with its last error. */
export async function eventually<T>(
  check: () => T | Promise<T>,
  { timeoutMs = 30_000 }: { timeoutMs?: number } = {},
): Promise<Exclude<T, false>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    let failure: unknown = new Error("The check stayed false.");
    try {
      const result = await check();
      if (result !== false) return result as Exclude<T, false>;
    } catch (error) {
      failure = error;
    }
    if (performance.now() > deadline) throw failure;
    await sleep(POLL_MS);
  }
}
