const LINE_FEED = 0x0a;
/** Of `data:`, with which no other field begins. */
const D = 0x64;

/** Counts the events of a stream that passes by, which providers send one of for each token, or nearly so. */
export class EventCount {
  #total = 0;
  #isLineStart = true;

  get total(): number {
    return this.#total;
  }

  look(piece: Uint8Array): void {
    if (piece.byteLength === 0) return;
    if (this.#isLineStart && piece[0] === D) this.#total++;
    for (let at = piece.indexOf(LINE_FEED); at >= 0; at = piece.indexOf(LINE_FEED, at + 1))
      if (piece[at + 1] === D) this.#total++;
    this.#isLineStart = piece[piece.byteLength - 1] === LINE_FEED;
  }
}
