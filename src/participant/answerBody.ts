/** While more than this waits to be read, the provider is not read either, bytes. */
const MAX_WAITING_BYTES = 256 * 1024;

/** Where the pieces of an answer come from. */
export interface PieceSource {
  pause(): void;
  resume(): void;
  /** Nobody wants the rest. */
  stop(): void;
}

/** An answer's body as it comes. What came in one turn is read together, so that a fast one costs little a piece. */
export class AnswerBody implements AsyncIterable<Uint8Array> {
  readonly #source: PieceSource;
  #pieces: Uint8Array[] = [];
  #bytes = 0;
  #isPaused = false;
  #end: { readonly error: unknown } | "whole" | undefined;
  #wake: (() => void) | undefined;

  constructor(source: PieceSource) {
    this.#source = source;
  }

  push(piece: Uint8Array): void {
    if (this.#end) return;
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
    if (this.#bytes > MAX_WAITING_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#source.pause();
    }
    this.#wake?.();
  }

  /** It is whole; what has not been read still is. */
  end(): void {
    this.#end ??= "whole";
    this.#wake?.();
  }

  fail(error: unknown): void {
    this.#end ??= { error };
    this.#wake?.();
  }

  /** Resolves with what came since, or undefined at the end. One at a time. @throws what it failed with */
  async read(): Promise<readonly Uint8Array[] | undefined> {
    if (this.#pieces.length === 0 && !this.#end) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = undefined;
    }
    if (this.#pieces.length > 0) return this.#take();
    if (this.#end && this.#end !== "whole") throw this.#end.error;
    return undefined;
  }

  /** Closes the provider's connection unless the body is whole. */
  close(): void {
    if (this.#end) return;
    this.#end = "whole";
    this.#pieces = [];
    this.#wake?.();
    this.#source.stop();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      for (let pieces = await this.read(); pieces; pieces = await this.read()) yield joined(pieces);
    } finally {
      this.close();
    }
  }

  #take(): readonly Uint8Array[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#source.resume();
    }
    return pieces;
  }
}

/** No copy of a single piece. */
export function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const [first] = pieces;
  return first && pieces.length === 1 ? first : Buffer.concat(pieces);
}
