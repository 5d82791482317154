import { randomUUID } from "node:crypto";
import type { ChatRequest, ResponsesRequest } from "../protocol/inference";
import { makeResponse } from "../protocol/responseObject";
import { responsesToChat } from "../protocol/responsesToChat";
import { UntranslatableError } from "../protocol/untranslatableError";
import { chatToResponsesAdapter } from "./answerAdapter";
import type { Attempt } from "./attempt";
import { type Creation, toJson, written } from "./keptRequest";
import { Refusal } from "./refusal";
import type { TunnelAsk } from "./tunnelCall";

/** A chat completion, as the participant is asked for it. */
export function chatAttempt(request: Creation): Attempt {
  const ask = { operation: "chat.completions.create", path: "/v1/chat/completions" } as const;
  return { protocol: "chatCompletions", ask: creation(ask, request) };
}

/** A completion of a text. */
export function completionAttempt(request: Creation): Attempt {
  const ask = { operation: "completions.create", path: "/v1/completions" } as const;
  return { protocol: "completions", ask: creation(ask, request) };
}

export function embeddingsAttempt(request: Creation): Attempt {
  const ask = { operation: "embeddings.create", path: "/v1/embeddings" } as const;
  // Whatever the request says of streaming: there is one answer, and it is short.
  return { protocol: "embeddings", ask: { ...creation(ask, request), stream: false } };
}

/** A response of a provider that has the route. */
export function nativeAttempt(request: Creation): Attempt {
  const ask = { operation: "responses.create", path: "/v1/responses" } as const;
  return { protocol: "openResponses", ask: creation(ask, request) };
}

/** The same by way of a chat completion. @throws Refusal where a field has no equal there. */
export function translatedAttempt(request: ResponsesRequest, responseId: string, createdAt: number): Attempt {
  const attempt = chatAttempt(written(translate(request)));
  const context = { request, responseId, createdAt };
  // The answer repeats what the request said: that it cannot is no failure of whoever answers.
  toJson(makeResponse(context, "in_progress", []));
  const adapter = chatToResponsesAdapter(context, attempt.ask.stream);
  return { ...attempt, adapter };
}

function translate(request: ResponsesRequest): ChatRequest {
  try {
    return responsesToChat(request);
  } catch (error) {
    if (!(error instanceof UntranslatableError)) throw error;
    const hint = "Leave it out, or choose a participant whose provider knows Responses.";
    throw new Refusal(400, "INVALID_REQUEST", error.message, hint);
  }
}

function creation(
  { operation, path }: Pick<TunnelAsk, "operation" | "path">,
  { stream, body }: Creation,
): TunnelAsk {
  return { requestId: randomUUID(), operation, method: "POST", path, stream, body };
}
