import { type Disposable, toDisposable } from "../common/disposable";
import type { LlmMetrics } from "../protocol/events";

/** How much the latest answer counts against all before it. */
const LATEST_SHARE = 0.3;
/** A shorter answer tells nothing of the pace, tokens. */
const MIN_TOKENS = 8;
/** A machine that was slow this long ago may be free of its other work by now, and is tried again, ms. */
const MEASURED_FOR_MS = 600_000;

/** How fast one participant has answered of late, and since when it works on what it answers now. */
export class ServingPace {
  readonly #running = new Set<{ startedAt: number }>();
  #meanMs: number | undefined;
  #tokensPerSecond: number | undefined;
  #measuredAt = 0;

  /** Of whole answers, ms. */
  get meanMs(): number | undefined {
    return this.#meanMs;
  }

  get tokensPerSecond(): number | undefined {
    return this.#tokensPerSecond;
  }

  /** @param now of `monotonic`, here and below. */
  begin(now: number): Disposable {
    const entry = { startedAt: now };
    this.#running.add(entry);
    return toDisposable(() => this.#running.delete(entry));
  }

  runningForMs(now: number): number[] {
    return [...this.#running].map(({ startedAt }) => now - startedAt);
  }

  /** An answer has ended well. */
  learn({ durationMs, tokensPerSecond, outputTokens = 0 }: LlmMetrics, now: number): void {
    this.#meanMs = mixed(this.#meanMs, durationMs);
    // Once infinite, or no number, a mean would stay so.
    if (tokensPerSecond === undefined || !Number.isFinite(tokensPerSecond)) return;
    if (outputTokens < MIN_TOKENS) return;
    this.#tokensPerSecond = mixed(this.#tokensPerSecond, tokensPerSecond);
    this.#measuredAt = now;
  }

  forgetOld(now: number): void {
    if (now - this.#measuredAt >= MEASURED_FOR_MS) this.#tokensPerSecond = undefined;
  }

  /** It shares something else now. */
  reset(): void {
    this.#meanMs = undefined;
    this.#tokensPerSecond = undefined;
  }
}

function mixed(before: number | undefined, latest: number): number {
  return before === undefined ? latest : before + (latest - before) * LATEST_SHARE;
}
