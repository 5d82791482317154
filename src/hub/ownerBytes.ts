const MiB = 1024 * 1024;

/** Of all that registered an id in any room: with a store all of it is written at each change, bytes. */
const MAX_TOGETHER = 32 * MiB;
/** Of those from one address: some 40,000. */
const MAX_PER_NETWORK = 8 * MiB;

/** What the owners of all rooms of a hub take. They stay when their participants have left, so somebody has to give way. */
export class OwnerBytes {
  readonly #byNetwork = new Map<string, number>();
  #together = 0;

  /** @param bytes less than 0 for what was forgotten */
  count(network: string, bytes: number): void {
    const its = (this.#byNetwork.get(network) ?? 0) + bytes;
    if (its > 0) this.#byNetwork.set(network, its);
    else this.#byNetwork.delete(network);
    this.#together += bytes;
  }

  /** Whose owners are too many, after one more from that network: its own, or of whichever has most. */
  crowding(network: string): string | undefined {
    if ((this.#byNetwork.get(network) ?? 0) > MAX_PER_NETWORK) return network;
    if (this.#together <= MAX_TOGETHER) return undefined;
    const [most] = [...this.#byNetwork].sort(([, a], [, b]) => b - a);
    return most?.[0];
  }
}
