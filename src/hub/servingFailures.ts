/** Whoever failed is asked after all others for so long, ms; doubled with each failure that follows. */
const FIRST_REST_MS = 2_000;
/** A provider that is back must not wait long to be believed, ms. */
const LONGEST_REST_MS = 30_000;

/** How often one participant has failed before its answer began, since it last answered. Times are of `monotonic`. */
export class ServingFailures {
  #count = 0;
  #restsUntil = 0;
  #isToRecover = false;

  failed(now: number): void {
    this.#restsUntil = now + Math.min(FIRST_REST_MS * 2 ** this.#count, LONGEST_REST_MS);
    this.#count++;
    this.#isToRecover = true;
  }

  answered(): void {
    this.#count = 0;
    this.#restsUntil = 0;
  }

  isResting(now: number): boolean {
    return now < this.#restsUntil;
  }

  /** @returns true once after it rested, or answered before the end of that. */
  recovers(now: number): boolean {
    if (!this.#isToRecover || this.isResting(now)) return false;
    this.#isToRecover = false;
    return true;
  }
}
