import type { Clock } from "../common/clock";
import { type Disposable, toDisposable } from "../common/disposable";
import { Emitter } from "../common/event";

/** Notices when nobody has used the hub for a while. */
export class IdleWatch implements Disposable {
  readonly #clock: Clock;
  readonly #timeoutMs: number | undefined;
  readonly #onDidIdle = new Emitter<void>();
  #uses = 0;
  #timer: Disposable | undefined;
  #over: boolean;

  /** Fires once at most. */
  readonly onDidIdle = this.#onDidIdle.event;

  /** @param timeoutMs undefined where it shall never fire. */
  constructor(clock: Clock, timeoutMs: number | undefined) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#over = timeoutMs === undefined;
    this.#rest();
  }

  /** A use begins; disposing ends it. */
  enter(): Disposable {
    this.#uses++;
    this.#timer?.dispose();
    return toDisposable(() => {
      this.#uses--;
      this.#rest();
    });
  }

  dispose(): void {
    this.#over = true;
    this.#timer?.dispose();
    this.#onDidIdle.dispose();
  }

  #rest(): void {
    if (this.#over || this.#uses > 0 || this.#timeoutMs === undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#over = true;
      this.#onDidIdle.fire();
    }, this.#timeoutMs);
  }
}
