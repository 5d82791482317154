/** What a participant may change at once: joining, its tunnel, and a burst of short requests. */
const BURST = 50;
/** And in the long run, each second: more than a person sees. */
const PER_SECOND = 10;

interface Budget {
  left: number;
  at: number;
}

/** How many changes of each participant are told at once; whoever is over it is told of once a sweep, as it is then. */
export class UpdatePace {
  readonly #budgets = new WeakMap<object, Budget>();

  /** @param now of `monotonic` @returns whether one more may be told now */
  take(participant: object, now: number): boolean {
    const budget = this.#budgets.get(participant) ?? { left: BURST, at: now };
    const earned = ((now - budget.at) * PER_SECOND) / 1_000;
    budget.left = Math.min(BURST, budget.left + earned);
    budget.at = now;
    this.#budgets.set(participant, budget);
    if (budget.left < 1) return false;
    budget.left--;
    return true;
  }
}
