import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";

/** A hub drops a requester that reads nothing after a minute; one that never tells us anything is not waited for, ms. */
const PATIENCE_MS = 300_000;

/** How much of one answer a hub is ready to take. It begins with nothing. */
export class Credit implements Disposable {
  readonly #clock: Clock;
  #bytes = 0;
  #wake: (() => void) | undefined;
  #disposed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  grant(bytes: number): void {
    this.#bytes = Math.min(this.#bytes + bytes, Number.MAX_SAFE_INTEGER);
    this.#wake?.();
  }

  /** @returns how many bytes may be sent now, and counts them: at most as many as are wanted, perhaps none. */
  take(wanted: number): number {
    const taken = Math.min(wanted, this.#bytes);
    this.#bytes -= taken;
    return taken;
  }

  /** Resolves at the next grant, or when nothing is to be sent any more. @throws Error where the hub is silent for too long. */
  async more(): Promise<void> {
    if (this.#bytes > 0 || this.#disposed) return;
    let patience: Disposable | undefined;
    const isGranted = await new Promise<boolean>((resolve) => {
      this.#wake = () => resolve(true);
      patience = this.#clock.setTimeout(() => resolve(false), PATIENCE_MS);
    });
    this.#wake = undefined;
    patience?.dispose();
    if (!isGranted) throw new Error("The hub takes no more of the answer.");
  }

  dispose(): void {
    this.#disposed = true;
    this.#wake?.();
  }
}
