import type { HubLimits } from "./limits";
import { OwnerBytes } from "./ownerBytes";
import type { Card } from "./participantRecord";
import { limitReached, type Refusal } from "./refusal";

/** What a participant costs beside its card: record, id, owner, tunnel token, bytes. */
const BASE_BYTES = 1_024;
/** Who never opened a tunnel is gone by then, and its place free. */
const RETRY_AFTER_SECONDS = 60;

interface Place {
  readonly network: string;
  readonly bytes: number;
}

interface Taken {
  count: number;
  bytes: number;
}

/** The participants of all rooms share a hub's memory: each address has a part of the places, and of the bytes of their cards. */
export class ParticipantPlaces {
  /** Of those who own the ids, away or not. */
  readonly owners = new OwnerBytes();
  readonly #limits: HubLimits;
  readonly #placeOf = new WeakMap<object, Place>();
  readonly #byNetwork = new Map<string, Taken>();
  readonly #together: Taken = { count: 0, bytes: 0 };

  constructor(limits: HubLimits) {
    this.#limits = limits;
  }

  /** Whoever has a place already gets this one instead. @throws Refusal, and then it keeps what it had */
  take(participant: object, network: string, card: Card): void {
    const earlier = this.#placeOf.get(participant);
    this.release(participant);
    const refusal = this.#add(participant, { network, bytes: costOf(card) });
    if (!refusal) return;
    this.release(participant);
    if (earlier) this.#add(participant, earlier);
    throw refusal;
  }

  /** From where it was registered last. */
  networkOf(participant: object): string {
    return this.#placeOf.get(participant)?.network ?? "";
  }

  /** Idempotent. */
  release(participant: object): void {
    const place = this.#placeOf.get(participant);
    if (!place) return;
    this.#placeOf.delete(participant);
    const its = this.#count(place, -1);
    if (its.count === 0) this.#byNetwork.delete(place.network);
  }

  #add(participant: object, place: Place): Refusal | undefined {
    this.#placeOf.set(participant, place);
    const its = this.#count(place, 1);
    const { participants, participantsPerAddress, cardBytesTogether, cardBytesPerAddress } = this.#limits;
    if (its.count > participantsPerAddress) return full("This address has too many participants.");
    if (its.bytes > cardBytesPerAddress) return full("The cards of this address are too long together.");
    if (this.#together.count > participants) return full("The hub has no place for another participant.");
    if (this.#together.bytes > cardBytesTogether) return full("The hub has no place for another card.");
    return undefined;
  }

  #count({ network, bytes }: Place, sign: 1 | -1): Taken {
    const its = this.#byNetwork.get(network) ?? { count: 0, bytes: 0 };
    this.#byNetwork.set(network, its);
    for (const taken of [its, this.#together]) {
      taken.count += sign;
      taken.bytes += sign * bytes;
    }
    return its;
  }
}

/** One letter outside Latin-1 makes each of a text two bytes. */
function costOf(card: Card): number {
  return BASE_BYTES + 2 * JSON.stringify(card).length;
}

function full(message: string): Refusal {
  const hint = "Remove participants that are not needed, shorten their instructions, or retry in a minute.";
  return limitReached(message, hint, RETRY_AFTER_SECONDS);
}
