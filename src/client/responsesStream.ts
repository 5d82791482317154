import { z } from "zod";
import { boundedArray } from "../protocol/bounded";
import { MAX_LIST_LENGTH } from "../protocol/constants";
import { type AnswerDelta, type AnswerFormat, textDelta } from "./answerDelta";
import { failureInStream } from "./inferenceError";

const itemSchema = z.object({ type: z.string().optional(), content: z.unknown() });

/** A Response as a whole; in a stream, the last event's. */
const responseSchema = z.object({
  id: z.string().min(1).max(200),
  status: z.string().max(100).optional().catch(undefined),
  output: boundedArray(itemSchema, MAX_LIST_LENGTH).optional().catch(undefined),
  usage: z.object({ output_tokens: z.number().nonnegative().optional() }).nullish().catch(undefined),
  incomplete_details: z
    .object({ reason: z.string().max(100) })
    .nullish()
    .catch(undefined),
});
type Response = z.infer<typeof responseSchema>;

const eventSchema = z.object({
  type: z.string(),
  delta: z.unknown().optional(),
  response: responseSchema.optional().catch(undefined),
});

/** Reads one stream of Responses events: it remembers whether text came, since the last event repeats it. */
export class ResponsesFormat implements AnswerFormat {
  #hasText = false;

  event(value: unknown): AnswerDelta[] | undefined {
    const { data } = eventSchema.safeParse(value);
    if (!data) return failed(value);
    switch (data.type) {
      case "response.output_text.delta":
      case "response.refusal.delta":
        this.#hasText = true;
        return textDelta("text", data.delta);
      case "response.reasoning_text.delta":
      case "response.reasoning_summary_text.delta":
        return textDelta("reasoning", data.delta);
      case "response.completed":
      case "response.incomplete":
        return data.response ? [...this.#told(data.response), { type: "end" }] : [{ type: "end" }];
      case "response.failed":
      case "error":
        return failed(value) ?? [];
      default:
        return data.response ? [{ type: "responseId", id: data.response.id }] : [];
    }
  }

  whole(value: unknown): AnswerDelta[] | undefined {
    const { data } = responseSchema.safeParse(value);
    if (!data?.output) return failed(value);
    return [...(failed(value) ?? this.#told(data)), { type: "end" }];
  }

  #told(response: Response): AnswerDelta[] {
    const deltas: AnswerDelta[] = [];
    for (const item of this.#hasText ? [] : (response.output ?? [])) {
      deltas.push(...textDelta(item.type === "reasoning" ? "reasoning" : "text", item.content));
    }
    const tokens = response.usage?.output_tokens;
    // A hub that translates tells 0 where it does not know.
    if (tokens) deltas.push({ type: "usage", outputTokens: tokens });
    const cut = response.incomplete_details?.reason;
    const reason = cut === "max_output_tokens" ? "length" : (cut ?? "stop");
    deltas.push({ type: "finished", reason });
    return deltas;
  }
}

function failed(value: unknown): AnswerDelta[] | undefined {
  const error = failureInStream(value);
  return error && [{ type: "failed", error }];
}
