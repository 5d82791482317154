import type { LlmMetrics } from "../protocol/events";
import type { TokenCounts } from "./usageTail";

/** An answer that came in one piece tells nothing of its pace: below this the whole duration is taken, ms. */
const MIN_GENERATION_MS = 100;

/** @param answerBytes fewer than tokens where thoughts were hidden, or the count is false: neither tells a pace. */
export function metricsOf(
  {
    startedAt,
    firstByteAt,
    endedAt,
  }: { startedAt: number; firstByteAt: number | undefined; endedAt: number },
  counts: TokenCounts,
  answerBytes: number,
): LlmMetrics {
  const durationMs = endedAt - startedAt;
  const ttftMs = (firstByteAt ?? endedAt) - startedAt;
  const generationMs = durationMs - ttftMs;
  const paceMs = generationMs >= MIN_GENERATION_MS ? generationMs : durationMs;
  const { outputTokens } = counts;
  const isTold = outputTokens !== undefined && outputTokens <= answerBytes && paceMs > 0;
  const tokensPerSecond = isTold ? (outputTokens / paceMs) * 1_000 : undefined;
  return { ttftMs: Math.round(ttftMs), durationMs: Math.round(durationMs), ...counts, tokensPerSecond };
}
