import type { Clock } from "../common/clock";
import { networkOf } from "./clientAddress";
import { Refusal } from "./refusal";

/** So many mistakes are nobody's guessing. */
const FREE_FAILURES = 5;
/** After the last free one, ms; doubled with each that follows. */
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
/** After so long without a failure all are forgotten, ms. */
const FORGET_MS = 15 * 60_000;

interface Failures {
  count: number;
  lastAt: number;
  pausedUntil: number;
}

/** An attempt that counts as failed until it succeeded: of those made at the same time none is free. */
export interface Attempt {
  succeed(): void;
}

/**
 * Slows whoever guesses, each address for itself. What an address does right does not excuse what it does wrong: else a
 * room of one's own would buy any number of guesses at another's.
 */
export class FailedAttempts {
  readonly #clock: Clock;
  readonly #maxAddresses: number;
  /** Whose last failure is longest ago first: they are forgotten first. */
  readonly #byNetwork = new Map<string, Failures>();

  constructor(clock: Clock, maxAddresses: number) {
    this.#clock = clock;
    this.#maxAddresses = maxAddresses;
  }

  /** @throws Refusal where the address is to wait: then nothing may be compared for it. */
  begin(address: string): Attempt {
    const network = networkOf(address);
    const now = this.#clock.monotonic();
    const failures = this.#find(network, now);
    const pauseMs = failures.pausedUntil - now;
    if (pauseMs > 0) throw tooManyFailures(pauseMs);
    failures.count++;
    failures.lastAt = now;
    const pausedUntil = now + pauseAfter(failures.count);
    failures.pausedUntil = pausedUntil;
    this.#byNetwork.delete(network);
    this.#byNetwork.set(network, failures);
    this.#trim();
    return {
      succeed: () => {
        failures.count--;
        // Its own pause, which no later failure has made longer: the one before it was over when it began.
        if (pauseAfter(failures.count) === 0 || failures.pausedUntil === pausedUntil)
          failures.pausedUntil = 0;
      },
    };
  }

  #find(network: string, now: number): Failures {
    const known = this.#byNetwork.get(network);
    if (known && now - known.lastAt < FORGET_MS) return known;
    return { count: 0, lastAt: now, pausedUntil: 0 };
  }

  #trim(): void {
    const [longestAgo] = this.#byNetwork.keys();
    if (this.#byNetwork.size > this.#maxAddresses && longestAgo !== undefined)
      this.#byNetwork.delete(longestAgo);
  }
}

function pauseAfter(failures: number): number {
  if (failures < FREE_FAILURES) return 0;
  return Math.min(FIRST_PAUSE_MS * 2 ** (failures - FREE_FAILURES), LONGEST_PAUSE_MS);
}

function tooManyFailures(pauseMs: number): Refusal {
  const seconds = Math.ceil(pauseMs / 1_000);
  return new Refusal(
    429,
    "TOO_MANY_REQUESTS",
    "Too many wrong tokens or passwords came from this address.",
    `Wait ${seconds} s. A right token is taken at any time.`,
    { headers: { "retry-after": String(seconds) } },
  );
}
