export interface BackoffOptions {
  /** The first wait's upper bound, ms. */
  minMs?: number;
  /** No wait is longer, ms. */
  maxMs?: number;
  /** In [0, 1); a test passes its own. */
  random?: () => number;
}

/**
 * Exponential backoff with "equal jitter": each wait lies between half its step and the whole, so that many who lost
 * one hub do not return to it in one moment. https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
 */
export class Backoff {
  readonly #minMs: number;
  readonly #maxMs: number;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ minMs = 1_000, maxMs = 30_000, random = Math.random }: BackoffOptions = {}) {
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#random = random;
  }

  /** The wait before the next attempt, ms. @param maxMs where this one may be longer or must be shorter than others */
  nextMs(maxMs = this.#maxMs): number {
    const step = Math.min(maxMs, this.#minMs * 2 ** this.#attempt++);
    return step / 2 + (step / 2) * this.#random();
  }

  /** Call after a success: the next failure waits shortly again. */
  reset(): void {
    this.#attempt = 0;
  }
}
