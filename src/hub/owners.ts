import type { StoredOwner } from "./roomStore";
import { hashToken, makeToken } from "./token";

export type Owner = Omit<StoredOwner, "id">;

/**
 * Who registered which participant's id in one room. An owner is known for longer than the participant is listed: whoever
 * comes back after a night, or after the hub's restart, still has the id. The longest away are forgotten first.
 */
export class Owners {
  readonly #maxOwners: number;
  /** Those who came last are at the end. */
  readonly #byId = new Map<string, Owner>();

  constructor(maxOwners: number, stored: readonly StoredOwner[] = []) {
    this.#maxOwners = maxOwners;
    for (const { id, ...owner } of stored) this.#byId.set(id, owner);
  }

  find(id: string): Owner | undefined {
    return this.#byId.get(id);
  }

  /** Gives a free id to whoever asks from that address. @returns the token that shows it, which is kept nowhere */
  claim(id: string, address: string, isPresent: (id: string) => boolean): string {
    const token = makeToken();
    this.#byId.set(id, { tokenHash: hashToken(token), address });
    if (this.#byId.size > this.#maxOwners) this.#forgetOne(isPresent);
    return token;
  }

  /** Comes back with its token from another address. @returns whether that is a change */
  moved(id: string, address: string): boolean {
    const owner = this.#byId.get(id);
    if (!owner) return false;
    this.#byId.delete(id);
    this.#byId.set(id, { ...owner, address });
    return owner.address !== address;
  }

  /** @returns whether it had an owner */
  release(id: string): boolean {
    return this.#byId.delete(id);
  }

  toStored(): StoredOwner[] {
    return [...this.#byId].map(([id, owner]) => ({ id, ...owner }));
  }

  #forgetOne(isPresent: (id: string) => boolean): void {
    for (const id of this.#byId.keys()) {
      if (isPresent(id)) continue;
      this.#byId.delete(id);
      return;
    }
  }
}
