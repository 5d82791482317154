import { Refusal } from "./refusal";

export interface ByteBudgetLimits {
  /** Of all. */
  together: number;
  /** Of those of one address. */
  perAddress: number;
}

/** Memory that peers share, and each address's part of it. */
export class ByteBudget {
  readonly #limits: ByteBudgetLimits;
  readonly #what: string;
  readonly #byNetwork = new Map<string, number>();
  #together = 0;

  /** @param what it is for, as a person is told: "long requests" */
  constructor(limits: ByteBudgetLimits, what: string) {
    this.#limits = limits;
    this.#what = what;
  }

  /** @returns why there is no place for so many more; they are counted all the same, until they are given back */
  take(network: string, bytes: number): Refusal | undefined {
    if (bytes === 0) return undefined;
    const its = (this.#byNetwork.get(network) ?? 0) + bytes;
    this.#byNetwork.set(network, its);
    this.#together += bytes;
    if (its > this.#limits.perAddress) return tooMany(`This address has other ${this.#what} under way.`);
    if (this.#together > this.#limits.together) return tooMany(`The hub has other ${this.#what} under way.`);
    return undefined;
  }

  giveBack(network: string, bytes: number): void {
    const rest = (this.#byNetwork.get(network) ?? 0) - bytes;
    if (rest > 0) this.#byNetwork.set(network, rest);
    else this.#byNetwork.delete(network);
    this.#together -= bytes;
  }
}

function tooMany(message: string): Refusal {
  const headers = { "retry-after": "5" };
  return new Refusal(429, "TOO_MANY_REQUESTS", message, "Retry in a moment.", { headers });
}
