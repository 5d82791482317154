import { type Clock, setRepeating } from "../common/clock";
import type { Disposable } from "../common/disposable";

const TICK_MS = 5_000;
/** A busy process is late by seconds, a machine that slept by more, ms. */
const GAP_MS = 15_000;

/** Calls back when the machine has slept: a tick came much later than it was due. */
export function watchForSleep(clock: Clock, onWake: () => void): Disposable {
  let lastMs = clock.now();
  return setRepeating(
    clock,
    () => {
      const gapMs = clock.now() - lastMs - TICK_MS;
      lastMs = clock.now();
      if (gapMs > GAP_MS) onWake();
    },
    TICK_MS,
  );
}
