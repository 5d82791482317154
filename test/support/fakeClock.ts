import type { Clock } from "../../src/common/clock";
import type { Disposable } from "../../src/common/disposable";

interface Timer {
  dueMs: number;
  callback: () => void;
}

/** Time that stands still until a test moves it. Timers run on a monotonic count, as the operating system's do. */
export class FakeClock implements Clock {
  #monotonicMs = 0;
  #unixMs: number;
  readonly #timers = new Set<Timer>();

  constructor(startsAtMs = Date.UTC(2026, 0, 1)) {
    this.#unixMs = startsAtMs;
  }

  /** How many timers are armed: 0 once everything that used this clock is closed. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.#unixMs;
  }

  monotonic(): number {
    return this.#monotonicMs;
  }

  setTimeout(callback: () => void, ms: number): Disposable {
    const timer = { dueMs: this.#monotonicMs + ms, callback };
    this.#timers.add(timer);
    return { dispose: () => void this.#timers.delete(timer) };
  }

  /** Lets `ms` pass; timers due meanwhile call back in their order, each at its own time. */
  advance(ms: number): void {
    const endMs = this.#monotonicMs + ms;
    for (let timer = this.#next(endMs); timer; timer = this.#next(endMs)) {
      this.#moveTo(Math.max(timer.dueMs, this.#monotonicMs));
      this.#timers.delete(timer);
      timer.callback();
    }
    this.#moveTo(endMs);
  }

  /** The process stands still: time passes, and what was due calls back late, with the next `advance`. */
  stall(ms: number): void {
    this.#moveTo(this.#monotonicMs + ms);
  }

  /** The wall clock jumps and nothing else notices: somebody set it, or the machine slept. */
  leap(ms: number): void {
    this.#unixMs += ms;
  }

  #next(endMs: number): Timer | undefined {
    let next: Timer | undefined;
    for (const timer of this.#timers) {
      if (timer.dueMs <= endMs && (!next || timer.dueMs < next.dueMs)) next = timer;
    }
    return next;
  }

  #moveTo(ms: number): void {
    this.#unixMs += ms - this.#monotonicMs;
    this.#monotonicMs = ms;
  }
}
