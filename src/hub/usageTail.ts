import { z } from "zod";
import type { LlmMetrics } from "../protocol/events";

/** A usage object stands at the very end of an answer; details of tokens make it a few hundred bytes long. */
const TAIL_BYTES = 8 * 1024;

/** No model reads or writes so much for one request: counts beyond this, or of parts of a token, count as not told. */
const MAX_TOKENS = 10_000_000;

/** Of what looks like counts, from the end: a tail has room for two thousand, each of which would be read to its own end. */
const MAX_LOOKED_AT = 16;

const count = z.number().int().min(0).max(MAX_TOKENS).nullish();
const usageSchema = z.object({
  prompt_tokens: count,
  completion_tokens: count,
  input_tokens: count,
  output_tokens: count,
  total_tokens: count,
});

export type TokenCounts = Pick<LlmMetrics, "inputTokens" | "outputTokens" | "totalTokens">;

/** Keeps the last bytes of an answer, and looks for the provider's token counts only when it has ended. */
export class UsageTail {
  /**
   * Written around and around. A copy: the pieces themselves may be one byte long each, and hold on to all that came with
   * them.
   */
  readonly #kept = Buffer.allocUnsafeSlow(TAIL_BYTES);
  #answerBytes = 0;

  /** Of the whole answer so far. */
  get answerBytes(): number {
    return this.#answerBytes;
  }

  push(piece: Uint8Array): void {
    const from = Math.max(0, piece.byteLength - TAIL_BYTES);
    const at = (this.#answerBytes + from) % TAIL_BYTES;
    const middle = Math.min(piece.byteLength, from + TAIL_BYTES - at);
    this.#answerBytes += piece.byteLength;
    this.#kept.set(viewOf(piece, from, middle), at);
    if (middle < piece.byteLength) this.#kept.set(viewOf(piece, middle, piece.byteLength));
  }

  /** Empty where the provider told none. */
  counts(): TokenCounts {
    const at = this.#answerBytes % TAIL_BYTES;
    const older = this.#answerBytes < TAIL_BYTES ? "" : this.#kept.toString("latin1", at);
    return findUsage(older + this.#kept.toString("latin1", 0, at));
  }
}

/** Not `subarray`, which makes a `Buffer` of a `Buffer`: with these a hub that nobody reads from holds 5 MB more. */
function viewOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Uint8Array {
  return new Uint8Array(buffer, byteOffset + start, end - start);
}

/** The last `"usage": {…}` of the text. Inside a JSON string its quotes would be escaped, so that a model cannot fake it. */
export function findUsage(text: string): TokenCounts {
  const starts = [...text.matchAll(/"usage"\s*:\s*(?=\{)/g)];
  for (const start of starts.slice(-MAX_LOOKED_AT).reverse()) {
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
