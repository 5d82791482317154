import { Refusal } from "./refusal";

export interface BodyBudgetLimits {
  /** Of all bodies that are being received. */
  bodyBytesTogether: number;
  /** Of those that come from one address. */
  bodyBytesPerAddress: number;
}

/** The memory that bodies share while they arrive, and each address's part of it. */
export class BodyBudget {
  readonly #limits: BodyBudgetLimits;
  readonly #byNetwork = new Map<string, number>();
  #together = 0;

  constructor(limits: BodyBudgetLimits) {
    this.#limits = limits;
  }

  /** @returns why there is no place for so many more; they are counted all the same, until they are given back */
  take(network: string, bytes: number): Refusal | undefined {
    if (bytes === 0) return undefined;
    const its = (this.#byNetwork.get(network) ?? 0) + bytes;
    this.#byNetwork.set(network, its);
    this.#together += bytes;
    if (its > this.#limits.bodyBytesPerAddress) return tooMany("Other long requests come from this address.");
    if (this.#together > this.#limits.bodyBytesTogether)
      return tooMany("The hub is receiving other long requests.");
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
