import { type Disposable, toDisposable } from "../common/disposable";

/** The memory of one hub for what waits in its rooms. */
export class WaitingBytes {
  readonly #max: number;
  #taken = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /** Disposing gives them back. @returns undefined where there are not so many. */
  take(bytes: number): Disposable | undefined {
    if (this.#taken + bytes > this.#max) return undefined;
    this.#taken += bytes;
    return toDisposable(() => {
      this.#taken -= bytes;
    });
  }
}
