/** An answer's first window, bytes: tokens for a minute, or a slow network's fill. */
const MIN_BYTES = 256 * 1024;
/** Each answer that nobody takes any further costs at most this, bytes. */
const MAX_BYTES = 4 * 1024 * 1024;
/**
 * The window is that part of what the requester has taken: whoever takes megabytes a second has whole processes wait for
 * grants otherwise, and whoever takes nothing is granted no more than the first window.
 */
const PART_OF_TAKEN = 1 / 8;
/** The next grant waits until it is worth a message, in windows. */
const PART_OF_GRANT = 1 / 4;

/** How much of one answer its participant may send: what the requester has taken, and a window more. */
export class CreditWindow {
  #received = 0;
  /** Of what was received, by the requester. */
  #taken = 0;
  #granted = 0;

  /** What may wait for the requester, bytes. */
  get size(): number {
    return Math.min(MAX_BYTES, Math.max(MIN_BYTES, Math.floor(this.#taken * PART_OF_TAKEN)));
  }

  /** Received and not taken, bytes. */
  get held(): number {
    return this.#received - this.#taken;
  }

  receive(bytes: number): void {
    this.#received += bytes;
  }

  /** @param bytes that wait for the requester: more than was received, where an answer is translated. */
  holds(bytes: number): void {
    this.#taken = Math.max(this.#taken, this.#received - bytes);
  }

  /** What is to be granted now, and counts as granted, bytes. */
  grant(): number {
    const { size } = this;
    const bytes = this.#taken + size - this.#granted;
    if (bytes < size * PART_OF_GRANT) return 0;
    this.#granted += bytes;
    return bytes;
  }
}
