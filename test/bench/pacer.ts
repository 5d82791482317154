import { now } from "./plan";

/** Ticks streams of one pace, spread evenly over the time between two tokens. */
class Pacer {
  readonly #slots: Set<() => void>[];
  #next = 0;
  #slot = 0;
  #startedAt = now();
  #timer: NodeJS.Timeout | undefined;

  constructor(everyMs: number) {
    this.#slots = Array.from({ length: everyMs }, () => new Set());
  }

  /** @returns what ends it. */
  add(tick: () => void): () => void {
    const slot = this.#slots[this.#next++ % this.#slots.length];
    slot?.add(tick);
    this.#start();
    return () => {
      slot?.delete(tick);
      if (this.#slots.every(({ size }) => size === 0)) this.#stop();
    };
  }

  #start(): void {
    if (this.#timer) return;
    this.#startedAt = now();
    this.#slot = 0;
    this.#timer = setInterval(() => this.#tick(), 1);
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** As many slots as are due: timers come late on a busy machine. */
  #tick(): void {
    const due = Math.floor(now() - this.#startedAt);
    while (this.#slot < due) {
      for (const tick of this.#slots[this.#slot++ % this.#slots.length] ?? []) tick();
    }
  }
}

/** A pacer for each pace. */
export class Pacers {
  readonly #byPace = new Map<number, Pacer>();

  add(everyMs: number, tick: () => void): () => void {
    const pacer = this.#byPace.get(everyMs) ?? new Pacer(everyMs);
    this.#byPace.set(everyMs, pacer);
    return pacer.add(tick);
  }
}
