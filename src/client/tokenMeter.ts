import type { Clock } from "../common/clock";

export interface TokenSummary {
  readonly ttftMs: number | undefined;
  readonly durationMs: number;
  readonly outputTokens: number;
  readonly tokensPerSecond: number | undefined;
}

/** Times one answer as its reader sees it, from the moment that it is made. */
export class TokenMeter {
  readonly #clock: Clock;
  #sentAt: number;
  #firstAt: number | undefined;
  #lastAt = 0;
  #deltas = 0;
  #told: number | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sentAt = clock.monotonic();
  }

  /** The wait in a queue is over: it says nothing of the participant's speed. */
  served(): void {
    this.#sentAt = this.#clock.monotonic();
  }

  /** A piece of text or reasoning came: as good as one token where nobody counts better. */
  delta(): void {
    this.#lastAt = this.#clock.monotonic();
    this.#firstAt ??= this.#lastAt;
    this.#deltas++;
  }

  /** The provider's own count. */
  usage(outputTokens: number): void {
    this.#told = outputTokens;
  }

  summary(): TokenSummary {
    const outputTokens = this.#told ?? this.#deltas;
    const now = this.#clock.monotonic();
    return {
      ttftMs: this.#firstAt === undefined ? undefined : Math.round(this.#firstAt - this.#sentAt),
      durationMs: Math.round(now - this.#sentAt),
      outputTokens,
      tokensPerSecond: this.#tokensPerSecond(outputTokens),
    };
  }

  /** Tokens after the first over the time since it: waiting for the model to load is not its speed. */
  #tokensPerSecond(outputTokens: number): number | undefined {
    const streamedMs = this.#lastAt - (this.#firstAt ?? this.#lastAt);
    return outputTokens > 1 && streamedMs > 0 ? ((outputTokens - 1) * 1_000) / streamedMs : undefined;
  }
}
