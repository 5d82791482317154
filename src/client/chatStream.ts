import { z } from "zod";
import { boundedArray } from "../protocol/bounded";
import { MAX_LIST_LENGTH } from "../protocol/constants";
import { usageSchema } from "../protocol/inference";
import { type AnswerDelta, type AnswerFormat, textDelta } from "./answerDelta";
import { failureInStream } from "./inferenceError";

/** Unknown fields are left out; one that has another type counts as absent, so that the text beside it is not lost. */
const pieceSchema = z
  .object({
    content: z.unknown().optional(),
    refusal: z.unknown().optional(),
    /** DeepSeek, llama.cpp, vLLM, LM Studio. */
    reasoning_content: z.unknown().optional(),
    /** Ollama, OpenRouter. */
    reasoning: z.unknown().optional(),
  })
  .nullish()
  .catch(undefined);

const completionSchema = z.object({
  choices: boundedArray(
    z.object({
      delta: pieceSchema,
      message: pieceSchema,
      finish_reason: z.string().max(100).nullish().catch(undefined),
    }),
    MAX_LIST_LENGTH,
  ).optional(),
  usage: usageSchema.nullish().catch(undefined),
});

function read(value: unknown): AnswerDelta[] | undefined {
  const failure = failureInStream(value);
  if (failure) return [{ type: "failed", error: failure }];
  const { data } = completionSchema.safeParse(value);
  // An object without choices and usage is somebody's keep-alive; anything else is no completion.
  if (!data) return undefined;
  const choice = data.choices?.[0];
  const piece = choice?.delta ?? choice?.message;
  const deltas = [
    ...textDelta("reasoning", piece?.reasoning_content ?? piece?.reasoning),
    ...textDelta("text", piece?.content),
    ...textDelta("text", piece?.refusal),
  ];
  const tokens = data.usage?.completion_tokens;
  if (tokens !== undefined) deltas.push({ type: "usage", outputTokens: tokens });
  if (choice?.finish_reason) deltas.push({ type: "finished", reason: choice.finish_reason });
  return deltas;
}

/** Chat completions: chunks, or the one completion of a provider that does not stream. */
export const chatFormat: AnswerFormat = {
  event: read,
  whole: (value) => {
    const deltas = read(value);
    // Any JSON object parses as a chunk: a whole answer has to say something.
    return deltas?.some(({ type }) => type !== "usage") ? [...deltas, { type: "end" }] : undefined;
  },
};
