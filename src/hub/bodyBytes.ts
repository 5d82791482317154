import type { LongBuffers } from "./longBuffers";

/** How many times what has come may be kept ready for more: few copies, and whoever announces much gets little for it. */
const GROWTH = 8;
const MIN_BYTES = 64 * 1024;

/** A body's bytes in one buffer, as long as was announced once enough of it is there. */
export class BodyBytes {
  readonly #expected: number;
  readonly #memory: LongBuffers;
  #buffer: Buffer;
  #size = 0;

  /** @param expectedBytes that may come; more is taken too, at the price of a copy */
  constructor(expectedBytes: number, memory: LongBuffers) {
    this.#expected = expectedBytes;
    this.#memory = memory;
    this.#buffer = Buffer.allocUnsafeSlow(Math.min(expectedBytes, MIN_BYTES));
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Copies it: it may be a small part of a large buffer. */
  push(piece: Uint8Array): void {
    const size = this.#size + piece.byteLength;
    if (size > this.#buffer.byteLength) this.#grow(Math.max(size, Math.min(this.#expected, size * GROWTH)));
    this.#buffer.set(piece, this.#size);
    this.#size = size;
  }

  bytes(): Buffer {
    return this.#buffer.subarray(0, this.#size);
  }

  #grow(bytes: number): void {
    // Not written to, so that the system gives memory for what comes only.
    const larger = this.#memory.take(bytes, Math.max(bytes, this.#expected));
    larger.set(this.bytes());
    this.#buffer = larger;
  }
}
