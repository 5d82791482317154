import { networkOf } from "./clientAddress";
import type { OwnerBytes } from "./ownerBytes";
import type { StoredOwner } from "./roomStore";
import { hashToken, makeToken } from "./token";

export type Owner = Omit<StoredOwner, "id">;

/** Most owners of a room are away: at night, or for good. */
const OWNERS_PER_PARTICIPANT = 2;
/** Of one room's owners: so much is written anew at each join. */
const MAX_BYTES = 2 * 1024 * 1024;
/** Of an owner beside its id, about: hash, address, and the names of fields, bytes. */
const BASE_BYTES = 128;

export interface OwnersOptions {
  maxParticipants: number;
  /** Whether the participant is listed: who owns it is not forgotten then. */
  isPresent(id: string): boolean;
  /** Of all rooms of the hub. */
  bytes: OwnerBytes;
  stored: readonly StoredOwner[];
  /** Until when those are expected back, of `monotonic`. */
  awaitedUntil: number;
}

/**
 * Who registered which participant's id in one room. An owner is known for longer than the participant is listed: whoever
 * comes back after a night, or after the hub's restart, still has the id. The longest away are forgotten first, but nobody's for
 * somebody who has more of them: else one address could have a room forget whose an id is, and take it.
 */
export class Owners {
  readonly #options: OwnersOptions;
  /** Those who came last are at the end. */
  readonly #byId = new Map<string, Owner>();
  /** How many ids are from which network. */
  readonly #counts = new Map<string, number>();
  #bytes = 0;

  constructor(options: OwnersOptions) {
    this.#options = options;
    for (const { id, ...owner } of options.stored) this.#set(id, owner);
    this.#forgetStored();
  }

  find(id: string): Owner | undefined {
    return this.#byId.get(id);
  }

  /** The hub has just started, and of those that it had before some are not back yet. */
  someAreAwaited(now: number): boolean {
    const { stored, awaitedUntil, isPresent } = this.#options;
    return now < awaitedUntil && stored.some(({ id }) => this.#byId.has(id) && !isPresent(id));
  }

  /** Gives a free id to whoever asks from that address. @returns the token that shows it, which is kept nowhere */
  claim(id: string, address: string): string {
    const token = makeToken();
    this.#set(id, { tokenHash: hashToken(token), address });
    this.#forgetSurplus(this.#countOf(networkOf(address)));
    return token;
  }

  /** Comes back with its token from another address. @returns whether that is a change */
  moved(id: string, address: string): boolean {
    const owner = this.#byId.get(id);
    if (!owner) return false;
    this.release(id);
    this.#set(id, { ...owner, address });
    return owner.address !== address;
  }

  /** @returns whether it had an owner */
  release(id: string): boolean {
    const owner = this.#byId.get(id);
    if (!owner) return false;
    this.#count(id, owner, -1);
    return this.#byId.delete(id);
  }

  /** Of those of one network that are away, the half that has been away for longer. @returns whether there were any */
  forgetAway(network: string): boolean {
    const { isPresent } = this.#options;
    const away = [...this.#byId].filter(
      ([id, { address }]) => networkOf(address) === network && !isPresent(id),
    );
    for (const [id] of away.slice(0, Math.ceil(away.length / 2))) this.release(id);
    return away.length > 0;
  }

  /** The room is no more. */
  clear(): void {
    for (const id of [...this.#byId.keys()]) this.release(id);
  }

  toStored(): StoredOwner[] {
    return [...this.#byId].map(([id, owner]) => ({ id, ...owner }));
  }

  #set(id: string, owner: Owner): void {
    this.release(id);
    this.#byId.set(id, owner);
    this.#count(id, owner, 1);
  }

  #count(id: string, { address }: Owner, sign: 1 | -1): void {
    const network = networkOf(address);
    const bytes = sign * (BASE_BYTES + Buffer.byteLength(JSON.stringify(id)));
    this.#bytes += bytes;
    this.#options.bytes.count(network, bytes);
    const count = this.#countOf(network) + sign;
    if (count > 0) this.#counts.set(network, count);
    else this.#counts.delete(network);
  }

  #countOf(network: string): number {
    return this.#counts.get(network) ?? 0;
  }

  get #isFull(): boolean {
    return (
      this.#byId.size > OWNERS_PER_PARTICIPANT * this.#options.maxParticipants || this.#bytes > MAX_BYTES
    );
  }

  /** @param count of the newcomer's network. Where all of its own are there, the room has too many for as long as they stay. */
  #forgetSurplus(count: number): void {
    if (!this.#isFull) return;
    for (const [id, { address }] of this.#byId) {
      if (this.#options.isPresent(id) || this.#countOf(networkOf(address)) < count) continue;
      this.release(id);
      if (!this.#isFull) return;
    }
  }

  /** Some that were there when they were stored may be more than fit; now all are away. */
  #forgetStored(): void {
    while (this.#isFull) {
      const [most] = [...this.#counts].sort(([, a], [, b]) => b - a);
      if (!most || !this.forgetAway(most[0])) return;
    }
  }
}
