import { FRAME_HEADER_BYTES } from "../protocol/frames";

/** Makes frames of pieces; each byte is copied once. */
export class FrameWriter {
  readonly #n: number;
  readonly #pieces: readonly Uint8Array[];
  #index = 0;
  /** Of the piece that is next, what has gone already. */
  #offset = 0;
  #bytesLeft = 0;

  constructor(n: number, pieces: readonly Uint8Array[]) {
    this.#n = n;
    this.#pieces = pieces;
    for (const piece of pieces) this.#bytesLeft += piece.byteLength;
  }

  get bytesLeft(): number {
    return this.#bytesLeft;
  }

  /** @param size of the body's bytes in it, at most `bytesLeft`. */
  next(size: number): Uint8Array {
    // Not zeroed first: every byte of it is written here.
    const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + size);
    frame.writeUInt32BE(this.#n, 0);
    for (let at = FRAME_HEADER_BYTES; at < frame.byteLength; ) {
      const piece = this.#pieces[this.#index];
      if (!piece) throw new RangeError("A frame is longer than what there is.");
      const left = piece.byteLength - this.#offset;
      const taken = Math.min(left, frame.byteLength - at);
      frame.set(taken === piece.byteLength ? piece : piece.subarray(this.#offset, this.#offset + taken), at);
      at += taken;
      this.#offset += taken;
      if (taken === left) {
        this.#index++;
        this.#offset = 0;
      }
    }
    this.#bytesLeft -= size;
    return frame;
  }
}
