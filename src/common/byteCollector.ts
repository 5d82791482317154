const MIN_BLOCK_BYTES = 1024;
const MAX_BLOCK_BYTES = 1024 * 1024;

/**
 * Bytes that come in pieces, put together. Each piece is copied: a peer that sends one byte at a time would otherwise
 * make an object of some hundred bytes of each, and hold on to the buffer that it came in.
 */
export class ByteCollector {
  readonly #full: Uint8Array[] = [];
  #block = new Uint8Array(0);
  #used = 0;
  #size = 0;

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.byteLength; ) {
      if (this.#used === this.#block.byteLength) this.#nextBlock();
      const part = piece.subarray(at, at + this.#block.byteLength - this.#used);
      this.#block.set(part, this.#used);
      this.#used += part.byteLength;
      this.#size += part.byteLength;
      at += part.byteLength;
    }
  }

  /** All of them in one. */
  bytes(): Uint8Array {
    const last = this.#block.subarray(0, this.#used);
    if (this.#full.length === 0) return last;
    const whole = new Uint8Array(this.#size);
    let at = 0;
    for (const block of [...this.#full, last]) {
      whole.set(block, at);
      at += block.byteLength;
    }
    return whole;
  }

  /** All of them as UTF-8. */
  text(): string {
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(this.bytes());
  }

  /** Forgets them. */
  clear(): void {
    this.#full.length = 0;
    this.#block = new Uint8Array(0);
    this.#used = 0;
    this.#size = 0;
  }

  #nextBlock(): void {
    if (this.#used > 0) this.#full.push(this.#block);
    // As large as all before it, so that few blocks make any size.
    const bytes = Math.min(Math.max(this.#size, MIN_BLOCK_BYTES), MAX_BLOCK_BYTES);
    this.#block = new Uint8Array(bytes);
    this.#used = 0;
  }
}
