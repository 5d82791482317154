import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";

/** A timer that fires this much later than it should means that the machine slept, ms. */
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
    this.#touchedAt = clock.now();
    this.#timer = this.#arm(ms);
  }

  touch(): void {
    this.#touchedAt = this.#clock.now();
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #arm(ms: number): Disposable {
    const dueAt = this.#clock.now() + ms;
    return this.#clock.setTimeout(() => this.#check(dueAt), ms);
  }

  #check(dueAt: number): void {
    const now = this.#clock.now();
    // While the machine slept nobody could have sent anything: the wait begins anew.
    if (now - dueAt > SLEEP_GAP_MS) this.#touchedAt = now;
    // A clock that was set back would have this wait for as long again.
    if (now < this.#touchedAt) this.#touchedAt = now;
    const restMs = this.#touchedAt + this.#ms - now;
    if (restMs <= 0) this.#onExpired();
    else this.#timer = this.#arm(restMs);
  }
}
