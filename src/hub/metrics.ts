import type { LlmMetrics } from "../protocol/events";
import type { TokenCounts } from "./usageTail";

/** An answer that came in one piece tells nothing of its pace: below this the whole duration is taken, ms. */
const MIN_GENERATION_MS = 100;

export function metricsOf(
  {
    startedAt,
    firstByteAt,
    endedAt,
  }: { startedAt: number; firstByteAt: number | undefined; endedAt: number },
  counts: TokenCounts,
): LlmMetrics {
  const durationMs = endedAt - startedAt;
  const ttftMs = (firstByteAt ?? endedAt) - startedAt;
  const generationMs = durationMs - ttftMs;
  const paceMs = generationMs >= MIN_GENERATION_MS ? generationMs : durationMs;
  const { outputTokens } = counts;
  const tokensPerSecond =
    outputTokens === undefined || paceMs === 0 ? undefined : (outputTokens / paceMs) * 1_000;
  return { ttftMs: Math.round(ttftMs), durationMs: Math.round(durationMs), ...counts, tokensPerSecond };
}
