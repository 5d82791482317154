import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";

/** A hub that announced a body sends it; silence longer than this means that it will not, ms. */
const BODY_SILENCE_MS = 30_000;

/** Why a body never became whole. */
export class BodyError extends Error {
  override readonly name = "BodyError";
}

/** A request's body, put together from binary frames: exactly as many bytes as were announced, or an error. */
export class IncomingBody {
  /** Of its whole size from the start: each byte is copied once. The system gives memory for what has come only. */
  #bytes: Buffer;
  #size = 0;
  readonly #clock: Clock;
  /** Resolves with all bytes. Rejects with a BodyError. */
  readonly whole: Promise<Buffer>;
  #resolve: (bytes: Buffer) => void = () => {};
  #reject: (error: BodyError) => void = () => {};
  #done = false;
  #timer: Disposable | undefined;

  constructor(expectedBytes: number, clock: Clock) {
    this.#bytes = Buffer.alloc(expectedBytes);
    this.#clock = clock;
    this.whole = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Whoever waits handles the failure; where nobody does yet, it is not an accident.
    this.whole.catch(() => {});
    this.#continue();
  }

  receive(bytes: Uint8Array): void {
    if (this.#done) return;
    if (this.#size + bytes.byteLength > this.#bytes.byteLength) {
      this.abandon("The body is longer than was announced.");
      return;
    }
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.byteLength;
    this.#continue();
  }

  /** Lets go of what came; `whole` rejects unless it has resolved. */
  abandon(why = "The request ended before its body was complete."): void {
    if (this.#done) return;
    this.#finish();
    this.#reject(new BodyError(why));
  }

  #continue(): void {
    this.#timer?.dispose();
    if (this.#size < this.#bytes.byteLength) {
      this.#timer = this.#clock.setTimeout(() => this.abandon("The body did not arrive."), BODY_SILENCE_MS);
      return;
    }
    const whole = this.#bytes;
    this.#finish();
    this.#resolve(whole);
  }

  #finish(): void {
    this.#done = true;
    this.#timer?.dispose();
    this.#bytes = Buffer.alloc(0);
  }
}
