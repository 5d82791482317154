/** More than any participant runs at once; the oldest is forgotten beyond it. */
const MAX_RUNNING = 128;

/** Which running answer has which response id, so that a cancel of the id finds it. */
export class RunningResponses {
  readonly #stops = new Map<string, () => void>();

  /** @returns a function that forgets it again. */
  add(responseId: string, stop: () => void): () => void {
    const oldest = this.#stops.size >= MAX_RUNNING ? this.#stops.keys().next().value : undefined;
    if (oldest !== undefined) this.#stops.delete(oldest);
    this.#stops.set(responseId, stop);
    return () => {
      if (this.#stops.get(responseId) === stop) this.#stops.delete(responseId);
    };
  }

  /** @returns whether there was one. */
  stop(responseId: string): boolean {
    const stop = this.#stops.get(responseId);
    stop?.();
    return stop !== undefined;
  }
}
