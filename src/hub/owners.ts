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
 * comes back after a night, or after the hub's restart, still has the id. The longest away are forgotten first.
 */
export class Owners {
  readonly #options: OwnersOptions;
  /** Those who came last are at the end. */
  readonly #byId = new Map<string, Owner>();
  #bytes = 0;

  constructor(options: OwnersOptions) {
    this.#options = options;
    for (const { id, ...owner } of options.stored) this.#set(id, owner);
    this.#forgetSurplus();
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
    this.#forgetSurplus();
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
    const bytes = sign * (BASE_BYTES + Buffer.byteLength(JSON.stringify(id)));
    this.#bytes += bytes;
    this.#options.bytes.count(networkOf(address), bytes);
  }

  #forgetSurplus(): void {
    const { maxParticipants, isPresent } = this.#options;
    const maxOwners = OWNERS_PER_PARTICIPANT * maxParticipants;
    if (this.#byId.size <= maxOwners && this.#bytes <= MAX_BYTES) return;
    for (const id of this.#byId.keys()) {
      if (isPresent(id)) continue;
      this.release(id);
      if (this.#byId.size <= maxOwners && this.#bytes <= MAX_BYTES) return;
    }
  }
}
