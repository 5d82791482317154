import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LIST_LENGTH, MAX_PROMPT_LIST_LENGTH } from "./constants";

/** The part of a chat completion request that hub and participant must understand; the rest passes through. */
export const chatRequestSchema = z.looseObject({
  model: z.string().min(1),
  messages: boundedArray(z.looseObject({ role: z.string() }), MAX_LIST_LENGTH).refine(
    (messages) => messages.length > 0,
    "Too small: expected at least 1 element",
  ),
  stream: z.boolean().nullish(),
});
export type ChatRequest = z.infer<typeof chatRequestSchema>;

/** The same for `POST /responses`. */
export const responsesRequestSchema = z.looseObject({
  model: z.string().min(1),
  input: z.union([z.string(), boundedArray(z.unknown(), MAX_LIST_LENGTH)]).nullish(),
  instructions: z.union([z.string(), boundedArray(z.unknown(), MAX_LIST_LENGTH)]).nullish(),
  stream: z.boolean().nullish(),
});
export type ResponsesRequest = z.infer<typeof responsesRequestSchema>;

/** A text, several, or the same as tokens. */
const promptSchema = z.union([
  z.string(),
  boundedArray(z.unknown(), MAX_PROMPT_LIST_LENGTH).refine(
    (list) => list.length > 0,
    "Too small: expected at least 1 element",
  ),
]);

/** The same for `POST /completions`, by which editors fill in the middle. */
export const completionRequestSchema = z.looseObject({
  model: z.string().min(1),
  prompt: promptSchema,
  stream: z.boolean().nullish(),
});
export type CompletionRequest = z.infer<typeof completionRequestSchema>;

/** The same for `POST /embeddings`, which are never streamed. */
export const embeddingsRequestSchema = z.looseObject({
  model: z.string().min(1),
  input: promptSchema,
});

/** Failures on the inference plane have OpenAI's shape, so that OpenAI's own clients read them. */
export const inferenceErrorSchema = z.object({
  error: z.object({
    message: z.string(),
    type: z.string().nullish(),
    code: z.union([z.string(), z.number()]).nullish(),
    param: z.string().nullish(),
    /** Of our hubs: what to do; the end of `message` says it too. */
    hint: z.string().optional(),
  }),
});
export type InferenceError = z.infer<typeof inferenceErrorSchema>;

/** Counts of tokens, as in a completion's `usage`. */
export const usageSchema = z.object({
  prompt_tokens: z.number().nonnegative().optional(),
  completion_tokens: z.number().nonnegative().optional(),
  total_tokens: z.number().nonnegative().optional(),
});
export type Usage = z.infer<typeof usageSchema>;

/** Which participant a request's `model` field means. */
export type Selector =
  | { kind: "any" }
  | { kind: "model"; model: string }
  | { kind: "participantOrModel"; name: string };

/** `*` and `any` mean any; `model:x` one that shares x; anything else a participant's id or, failing that, a model. */
export function parseSelector(model: string): Selector {
  if (model === "*" || model === "any") return { kind: "any" };
  if (model.startsWith("model:")) return { kind: "model", model: model.slice("model:".length) };
  return { kind: "participantOrModel", name: model };
}

/** Headers by which an answer of ours says what it belongs to. */
export const requestIdHeader = "x-request-id";
export const participantHeader = "x-room-participant";
/** With an answer's head that was sent while it waited: first come comments of the hub, the last of which is `answerComment`. */
export const waitingHeader = "x-room-waiting";
/** What follows is the participant's own. */
export const answerComment = "answer";
