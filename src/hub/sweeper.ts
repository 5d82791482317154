import { type Clock, setRepeating } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { SLEEP_GAP_MS } from "./deadline";

/** How late a missed heartbeat or a silent tunnel may be noticed, ms: a change is seen within a second. */
const SWEEP_MS = 1_000;

/**
 * Calls back every second with the time (of `monotonic`) since when the hub is awake. After it was stopped, or slept, everything
 * looks long silent at once though nobody could be heard: silence counts from the waking on.
 */
export function startSweeper(clock: Clock, sweep: (awakeSince: number) => void): Disposable {
  let sweptAt = clock.monotonic();
  let awakeSince = sweptAt;
  return setRepeating(
    clock,
    () => {
      const now = clock.monotonic();
      if (now - sweptAt > SWEEP_MS + SLEEP_GAP_MS) awakeSince = now;
      sweptAt = now;
      sweep(awakeSince);
    },
    SWEEP_MS,
  );
}
