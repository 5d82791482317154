import type { Disposable } from "../common/disposable";
import { Refusal } from "./refusal";

export interface ByteBudgetLimits {
  /** Of all. */
  together: number;
  /** Of those of one address. */
  perAddress: number;
}

/** What one holder has of it, nothing at first. */
export interface ByteShare extends Disposable {
  /** @returns why there is no place for so many; they are counted all the same, until they are given back */
  resize(bytes: number): Refusal | undefined;
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

  share(network: string): ByteShare {
    let held = 0;
    const resize = (bytes: number) => {
      const more = bytes - held;
      held = bytes;
      return more === 0 ? undefined : this.#add(network, more);
    };
    return { resize, dispose: () => resize(0) };
  }

  /** So many at once. @throws Refusal */
  hold(network: string, bytes: number): Disposable {
    const share = this.share(network);
    const refusal = share.resize(bytes);
    if (!refusal) return share;
    share.dispose();
    throw refusal;
  }

  #add(network: string, more: number): Refusal | undefined {
    const its = (this.#byNetwork.get(network) ?? 0) + more;
    if (its > 0) this.#byNetwork.set(network, its);
    else this.#byNetwork.delete(network);
    this.#together += more;
    if (more < 0) return undefined;
    if (its > this.#limits.perAddress) return tooMany(`This address has other ${this.#what} under way.`);
    if (this.#together > this.#limits.together) return tooMany(`The hub has other ${this.#what} under way.`);
    return undefined;
  }
}

function tooMany(message: string): Refusal {
  const headers = { "retry-after": "5" };
  return new Refusal(429, "TOO_MANY_REQUESTS", message, "Retry in a moment.", { headers });
}
