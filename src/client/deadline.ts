import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";

/** An AbortSignal that follows another one, and aborts with an error of ours when a wait takes too long. */
export class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #parent: AbortSignal | undefined;
  readonly #follow = () => this.abort(this.#parent?.reason);
  #timer: Disposable | undefined;

  constructor(clock: Clock, parent?: AbortSignal) {
    this.#clock = clock;
    this.#parent = parent;
    if (parent?.aborted) this.#follow();
    else parent?.addEventListener("abort", this.#follow, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Starts a limit in place of the one that runs. */
  arm(ms: number, error: () => Error): void {
    this.#timer?.dispose();
    this.#timer = this.signal.aborted ? undefined : this.#clock.setTimeout(() => this.abort(error()), ms);
  }

  abort(reason: unknown): void {
    this.dispose();
    this.#controller.abort(reason);
  }

  /** Ends the limit and the following; the signal stays as it is. */
  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
    this.#parent?.removeEventListener("abort", this.#follow);
  }
}

/** The promise, or the signal's reason as soon as it aborts. What the promise does later is then nobody's concern. */
export function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
