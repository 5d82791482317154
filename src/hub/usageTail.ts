import { z } from "zod";
import type { LlmMetrics } from "../protocol/events";

/** A usage object stands at the very end of an answer; details of tokens make it a few hundred bytes long. */
const TAIL_BYTES = 8 * 1024;

const count = z.number().nonnegative().nullish();
const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  input_tokens: count,
  output_tokens: count,
  total_tokens: count,
});

export type TokenCounts = Pick<LlmMetrics, "inputTokens" | "outputTokens" | "totalTokens">;

/** Keeps the last bytes of an answer, uncopied, and looks for the provider's token counts only when it has ended. */
export class UsageTail {
  readonly #pieces: Uint8Array[] = [];
  #bytes = 0;

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#bytes += piece.byteLength;
    for (let first = this.#pieces[0]; first; first = this.#pieces[0]) {
      if (this.#bytes - first.byteLength < TAIL_BYTES) return;
      this.#bytes -= first.byteLength;
      this.#pieces.shift();
    }
  }

  /** Empty where the provider told none. */
  counts(): TokenCounts {
    return findUsage(Buffer.concat(this.#pieces).toString("latin1"));
  }
}

/** The last `"usage": {…}` of the text. Inside a JSON string its quotes would be escaped, so that a model cannot fake it. */
export function findUsage(text: string): TokenCounts {
  const starts = [...text.matchAll(/"usage"\s*:\s*(?=\{)/g)].reverse();
  for (const start of starts) {
    const usage = usageSchema.safeParse(parseObjectAt(text, start.index + start[0].length));
    if (usage.success) return toCounts(usage.data);
  }
  return {};
}

function parseObjectAt(text: string, from: number): unknown {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    if (text[at] === "{") depth++;
    if (text[at] === "}") depth--;
    if (depth > 0) continue;
    try {
      return JSON.parse(text.slice(from, at + 1));
    } catch {
      return undefined; // Not JSON after all: then there is nothing to count.
    }
  }
  return undefined;
}

function toCounts(usage: z.infer<typeof usageSchema>): TokenCounts {
  const inputTokens = usage.prompt_tokens ?? usage.input_tokens ?? undefined;
  const outputTokens = usage.completion_tokens ?? usage.output_tokens ?? undefined;
  const sum =
    inputTokens === undefined || outputTokens === undefined ? undefined : inputTokens + outputTokens;
  return { inputTokens, outputTokens, totalTokens: usage.total_tokens ?? sum };
}
