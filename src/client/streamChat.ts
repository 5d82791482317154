import type { Clock } from "../common/clock";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatOptions {
  hubUrl: string;
  roomCode: string;
  /** A selector: participant id, `model:<name>`, or `any`. */
  model: string;
  messages: readonly ChatMessage[];
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

export type ChatPart =
  /** Who answers, as soon as it is known (from headers; absent on a Gambi hub). */
  | { readonly type: "answering"; readonly participantId?: string; readonly requestId?: string }
  | { readonly type: "text"; readonly text: string }
  /** A reasoning model's thinking, shown apart from the answer. */
  | { readonly type: "reasoning"; readonly text: string }
  /** Last, once. Tokens are counted by the client where the provider tells no usage. */
  | {
      readonly type: "done";
      readonly finishReason: string | undefined;
      readonly ttftMs: number | undefined;
      readonly durationMs: number;
      readonly outputTokens: number;
      readonly tokensPerSecond: number | undefined;
    };

/**
 * Streams one answer. Aborting the signal ends the iteration at once and frees the participant as well as the hub
 * allows: a hub of ours sees the request go; on a Gambi hub the response is cancelled by its id and drained.
 * @throws HumanError; where text came before the failure it has been yielded, and nothing is retried.
 */
// biome-ignore lint/correctness/useYield: not built yet
export async function* streamChat(_options: ChatOptions): AsyncGenerator<ChatPart> {
  throw new Error("not built yet");
}
