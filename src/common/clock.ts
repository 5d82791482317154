import type { Disposable } from "./disposable";

/** Time as a dependency, so that tests can move it. Milliseconds throughout. */
export interface Clock {
  /** Unix time, for what is told and shown. It jumps when somebody sets it, and when the machine wakes up. */
  now(): number;
  /** For waits and durations: only ever goes forward, from no particular beginning, and mostly stands still in the machine's sleep. */
  monotonic(): number;
  /** Calls back once after `ms`; disposing first cancels it. */
  setTimeout(callback: () => void, ms: number): Disposable;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  setTimeout: (callback, ms) => {
    const timer = setTimeout(callback, ms);
    return { dispose: () => clearTimeout(timer) };
  },
};

/** Calls back every `ms` until disposed; the next period starts after the callback returns. */
export function setRepeating(clock: Clock, callback: () => void, ms: number): Disposable {
  let disposed = false;
  let timer = clock.setTimeout(tick, ms);
  function tick() {
    callback();
    if (!disposed) timer = clock.setTimeout(tick, ms);
  }
  return {
    dispose: () => {
      disposed = true;
      timer.dispose();
    },
  };
}

/** Resolves after `ms`, or at once when the signal aborts: the caller looks at the signal. */
export function wait(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      timer.dispose();
      signal?.removeEventListener("abort", finish);
      resolve();
    };
    const timer = clock.setTimeout(finish, ms);
    signal?.addEventListener("abort", finish, { once: true });
  });
}
