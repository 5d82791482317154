import type { ChatRequest, ResponsesRequest } from "./inference";

/** Why a Responses request has no equal among chat completions. The message names the field. */
export class UntranslatableError extends Error {
  override readonly name = "UntranslatableError";
}

/** The chat completion request that asks the same. @throws UntranslatableError */
export function responsesToChat(_request: ResponsesRequest): ChatRequest {
  throw new Error("not built yet");
}

/** The Responses answer that says the same as a whole (not streamed) chat completion. */
export function chatToResponse(
  _completion: unknown,
  _context: { request: ResponsesRequest; responseId: string; createdAt: number },
): Record<string, unknown> {
  throw new Error("not built yet");
}

/** Turns a stream of chat completion chunks (SSE bytes) into the bytes of a Responses stream, piece by piece. */
export class ChatToResponsesStream {
  constructor(readonly context: { request: ResponsesRequest; responseId: string; createdAt: number }) {}

  /** Bytes to send before anything came: `response.created`. */
  start(): Uint8Array {
    throw new Error("not built yet");
  }
  /** Bytes to send for these bytes of the chat stream, which may split anywhere. */
  push(_bytes: Uint8Array): Uint8Array {
    throw new Error("not built yet");
  }
  /** Bytes to send at the chat stream's end: `response.completed`, `[DONE]`. */
  end(): Uint8Array {
    throw new Error("not built yet");
  }
}
