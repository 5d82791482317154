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
    const { byteLength } = piece;
    let at = this.#isLineStart ? 0 : nextLine(piece, 0);
    while (at < byteLength) {
      if (piece[at] === D) this.#total++;
      at = nextLine(piece, at);
    }
    if (byteLength > 0) this.#isLineStart = piece[byteLength - 1] === LINE_FEED;
  }
}

/** Where the next line begins that is not empty; the piece's length where none does. One look for each event, which has one line. */
function nextLine(piece: Uint8Array, from: number): number {
  let at = piece.indexOf(LINE_FEED, from);
  if (at === -1) return piece.byteLength;
  do at++;
  while (piece[at] === LINE_FEED);
  return at;
}
