import { z } from "zod";
import type { ResponsesRequest } from "./inference";

/** What a translated response needs to know besides the provider's answer. `createdAt` in Unix ms. */
export interface ResponseContext {
  readonly request: ResponsesRequest;
  readonly responseId: string;
  readonly createdAt: number;
}

export type ResponseStatus = "in_progress" | "completed" | "incomplete" | "failed" | "cancelled";

/** An entry of a response's `output`. */
export type OutputItem = { id: string; type: string; status: string } & Record<string, unknown>;

export const chatUsageSchema = z.looseObject({
  prompt_tokens: z.number().default(0),
  completion_tokens: z.number().default(0),
  total_tokens: z.number().optional(),
  prompt_tokens_details: z.looseObject({ cached_tokens: z.number().nullish() }).nullish(),
  completion_tokens_details: z.looseObject({ reasoning_tokens: z.number().nullish() }).nullish(),
});
export type ChatUsage = z.infer<typeof chatUsageSchema>;

/** Tool calls as chat completions show them; whole in an answer, in pieces in a stream. */
export const toolCallSchema = z.looseObject({
  index: z.number().int().min(0).optional(),
  id: z.string().nullish(),
  function: z.looseObject({ name: z.string().nullish(), arguments: z.string().nullish() }).optional(),
});

/** The response as a whole; what the request said is repeated in it, as OpenAI does. */
export function makeResponse(
  { request, responseId, createdAt }: ResponseContext,
  status: ResponseStatus,
  output: OutputItem[],
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    id: responseId,
    object: "response",
    created_at: Math.floor(createdAt / 1_000),
    status,
    background: false,
    error: null,
    incomplete_details: null,
    instructions: request.instructions ?? null,
    max_output_tokens: request.max_output_tokens ?? null,
    metadata: request.metadata ?? {},
    model: request.model,
    output,
    parallel_tool_calls: request.parallel_tool_calls ?? true,
    previous_response_id: null,
    reasoning: request.reasoning ?? null,
    store: false,
    temperature: request.temperature ?? null,
    text: request.text ?? { format: { type: "text" } },
    tool_choice: request.tool_choice ?? "auto",
    tools: request.tools ?? [],
    top_p: request.top_p ?? null,
    truncation: "disabled",
    usage: null,
    ...more,
  };
}

/** How a chat completion's `finish_reason` ends a response. */
export function endOf(finishReason: string | null | undefined): {
  status: "completed" | "incomplete";
  incomplete_details: { reason: string } | null;
} {
  if (finishReason === "length")
    return { status: "incomplete", incomplete_details: { reason: "max_output_tokens" } };
  if (finishReason === "content_filter")
    return { status: "incomplete", incomplete_details: { reason: "content_filter" } };
  return { status: "completed", incomplete_details: null };
}

export function makeUsage(usage: ChatUsage | undefined): Record<string, unknown> | null {
  if (!usage) return null;
  const { prompt_tokens, completion_tokens } = usage;
  return {
    input_tokens: prompt_tokens,
    input_tokens_details: { cached_tokens: usage.prompt_tokens_details?.cached_tokens ?? 0 },
    output_tokens: completion_tokens,
    output_tokens_details: { reasoning_tokens: usage.completion_tokens_details?.reasoning_tokens ?? 0 },
    total_tokens: usage.total_tokens ?? prompt_tokens + completion_tokens,
  };
}

/** @param kind "msg", "rs" or "fc". The id follows from the response's, so that every event spells it alike. */
export function itemId(responseId: string, kind: string, index: number): string {
  return `${kind}_${responseId.replace(/^resp_/, "")}_${index}`;
}

export function outputText(text: string) {
  return { type: "output_text", text, annotations: [], logprobs: [] };
}

export function reasoningText(text: string) {
  return { type: "reasoning_text", text };
}
