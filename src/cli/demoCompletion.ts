import type { ServerResponse } from "node:http";
import { z } from "zod";
import { type Clock, wait } from "../common/clock";
import { chatRequestSchema, type Usage } from "../protocol/inference";
import { writeSse } from "../protocol/sse";

/** About thirty tokens a second: what a small model does on a laptop. */
const TOKEN_INTERVAL_MS = 33;
/** A longer word is several tokens. */
const TOKEN_LENGTH = 6;

/** A message's content is a text, or parts of which some are text. */
const contentSchema = z.union([
  z.string(),
  z
    .array(z.looseObject({ text: z.string().optional() }))
    .transform((parts) => parts.map(({ text }) => text ?? "").join("\n")),
]);

/** As much of a chat completion request as the demo obeys. */
export const demoChatSchema = chatRequestSchema.extend({
  messages: z.array(z.looseObject({ role: z.string(), content: contentSchema.nullish() })).min(1),
  max_tokens: z.number().int().positive().nullish(),
  max_completion_tokens: z.number().int().positive().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
});
export type DemoChat = z.infer<typeof demoChatSchema>;

export interface DemoCompletion {
  head: { id: string; created: number; model: string };
  tokens: readonly string[];
  finishReason: "stop" | "length";
  usage: Usage;
  includeUsage: boolean;
}

export function lastQuestion({ messages }: DemoChat): string {
  return messages.findLast(({ role }) => role === "user")?.content ?? "";
}

/** Pieces as a model streams them; together they are the text. */
export function splitTokens(text: string): string[] {
  return text.match(new RegExp(`\\s*\\S{1,${TOKEN_LENGTH}}|\\s+$`, "g")) ?? [];
}

export function completionOf(chat: DemoChat, text: string): DemoCompletion {
  const all = splitTokens(text);
  const tokens = all.slice(0, chat.max_completion_tokens ?? chat.max_tokens ?? all.length);
  const promptTokens = splitTokens(chat.messages.map(({ content }) => content ?? "").join(" ")).length;
  return {
    head: { id: `chatcmpl-demo-${Date.now()}`, created: Math.floor(Date.now() / 1_000), model: chat.model },
    tokens,
    finishReason: tokens.length < all.length ? "length" : "stop",
    usage: {
      prompt_tokens: promptTokens,
      completion_tokens: tokens.length,
      total_tokens: promptTokens + tokens.length,
    },
    includeUsage: chat.stream_options?.include_usage ?? false,
  };
}

/** Takes as long as a model would, then sends all at once. */
export async function sendWhole(
  response: ServerResponse,
  { head, tokens, finishReason, usage }: DemoCompletion,
  clock: Clock,
): Promise<void> {
  const gone = goneSignal(response);
  await wait(clock, tokens.length * TOKEN_INTERVAL_MS, gone);
  if (gone.aborted) return;
  const message = { role: "assistant", content: tokens.join("") };
  const choices = [{ index: 0, message, finish_reason: finishReason }];
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ ...head, object: "chat.completion", choices, usage }));
}

/** One chunk a token, at a model's pace. */
export async function streamCompletion(
  response: ServerResponse,
  { head, tokens, finishReason, usage, includeUsage }: DemoCompletion,
  clock: Clock,
): Promise<void> {
  const gone = goneSignal(response);
  const send = (body: Record<string, unknown>) =>
    response.write(writeSse({ data: JSON.stringify({ ...head, object: "chat.completion.chunk", ...body }) }));
  const sendDelta = (delta: Record<string, unknown>, finish_reason: string | null = null) =>
    send({ choices: [{ index: 0, delta, finish_reason }] });

  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  sendDelta({ role: "assistant", content: "" });
  for (const content of tokens) {
    await wait(clock, TOKEN_INTERVAL_MS, gone);
    if (gone.aborted) return;
    sendDelta({ content });
  }
  sendDelta({}, finishReason);
  if (includeUsage) send({ choices: [], usage });
  response.end(writeSse({ data: "[DONE]" }));
}

/** Aborts when the requester stops: a demo that talked on would teach the wrong thing. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once("close", () => gone.abort());
  return gone.signal;
}
