import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";

/** A timer that fires this much later than it should means that the process was stopped, or its machine slept, ms. */
export const SLEEP_GAP_MS = 5_000;

/** Calls back once when `ms` have passed without a `touch()`. Touching costs one read of the clock, not a timer. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #ms: number;
  readonly #onExpired: () => void;
  #touchedAt: number;
  #timer: Disposable;

  constructor(clock: Clock, ms: number, onExpired: () => void) {
    this.#clock = clock;
    this.#ms = ms;
    this.#onExpired = onExpired;
    this.#touchedAt = clock.monotonic();
    this.#timer = this.#arm(ms);
  }

  touch(): void {
    this.#touchedAt = this.#clock.monotonic();
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #arm(ms: number): Disposable {
    const dueAt = this.#clock.monotonic() + ms;
    return this.#clock.setTimeout(() => this.#check(dueAt), ms);
  }

  #check(dueAt: number): void {
    const now = this.#clock.monotonic();
    // Meanwhile nobody could be heard: the wait begins anew.
    if (now - dueAt > SLEEP_GAP_MS) this.#touchedAt = now;
    const restMs = this.#touchedAt + this.#ms - now;
    if (restMs <= 0) this.#onExpired();
    else this.#timer = this.#arm(restMs);
  }
}
