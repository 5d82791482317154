import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";

/** What is shorter is the garbage collector's, bytes. */
export const LONG_BYTES = 1024 * 1024;
/** How long memory that nobody uses is kept for the next long body, ms. */
const KEPT_MS = 10_000;

/**
 * The memory of long bodies. By itself it would wait for the garbage collector, prompt upon prompt, and be given fresh each
 * time, which takes longer than everything else that is done with a prompt of 32 MB.
 */
export class LongBuffers implements Disposable {
  readonly #clock: Clock;
  #spare: ArrayBuffer | undefined;
  #timer: Disposable | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * At least `min` bytes, and up to `max` where they cost nothing. Not zeroed: what was in it may be another's prompt, so that
   * only what has been written may be read.
   */
  take(min: number, max: number): Buffer {
    const spare = this.#spare;
    if (min < LONG_BYTES || !spare || spare.byteLength < min) return Buffer.allocUnsafeSlow(min);
    this.#forget();
    return Buffer.from(spare, 0, Math.min(max, spare.byteLength));
  }

  /** From here on whoever still holds a view of it finds it empty. */
  giveBack({ buffer }: Buffer): void {
    if (!(buffer instanceof ArrayBuffer) || buffer.byteLength < LONG_BYTES) return;
    if (this.#spare && this.#spare.byteLength >= buffer.byteLength) return;
    this.#forget();
    // Moved, not copied: the old one has no memory any more.
    this.#spare = structuredClone(buffer, { transfer: [buffer] });
    this.#timer = this.#clock.setTimeout(() => this.#forget(), KEPT_MS);
  }

  dispose(): void {
    this.#forget();
  }

  #forget(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#spare = undefined;
  }
}
