/**
 * A text that comes in pieces, with each of its line breaks (CR, LF, or both) as one LF. The parser of event streams takes any,
 * but where there is a CR it looks for each line's end through all that came with it: a megabyte of short lines took seconds.
 */
export class LineBreaks {
  #endedInCr = false;

  unify(piece: string): string {
    if (piece === "") return piece;
    const rest = this.#endedInCr && piece.startsWith("\n") ? piece.slice(1) : piece;
    this.#endedInCr = piece.endsWith("\r");
    return rest.includes("\r") ? rest.replace(/\r\n?/g, "\n") : rest;
  }
}
