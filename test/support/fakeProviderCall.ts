import type { ServerResponse } from "node:http";
import type { FakeProviderOptions, FakeRequest } from "./fakeProvider";

/** What the end of a model's name makes it do. */
export const behaviours = [
  /** 10 tokens a second, 100 of them. */
  "slow",
  /** Headers and one token, then silence. */
  "stalls",
  /** Accepts the request and never says a word. */
  "stalls-before-first-byte",
  /** Some tokens, then the connection is destroyed. */
  "cuts-mid-stream",
  /** Some tokens, then `data: {"error":…}` and the end, as llama.cpp and vLLM do. */
  "error-mid-stream",
  "error-500",
  /** With `Retry-After: 7`. */
  "error-429",
  /** 200 and `text/event-stream`, but bytes that are no events. */
  "garbage",
  /** 200 and a web page, as a captive portal answers. */
  "html",
  /** Answers with facts about the request, as JSON text; none of its content. */
  "echo",
  /** Streams until `release()`. */
  "holds",
  /** Thinks in `delta.reasoning_content`, then answers. */
  "reasoning",
  /** Multi-byte characters, each SSE byte in a write of its own. */
  "utf8",
  /** 64 MB as fast as the caller reads; `bytesSent` shows how far it got. */
  "floods",
  /** Calls the first tool that the request offers, its arguments in pieces. */
  "calls-tool",
  /** Answers with `finish_reason: "length"`. */
  "too-long",
] as const;
export type FakeBehaviour = (typeof behaviours)[number] | "plain";

/** One request on its way through the fake. */
export interface FakeCall {
  readonly record: FakeRequest & { bytesSent: number };
  readonly response: ServerResponse;
  readonly models: readonly string[];
  readonly options: FakeProviderOptions;
  readonly released: AbortSignal;
}

export function sendJson(
  { record, response }: Pick<FakeCall, "record" | "response">,
  status: number,
  value: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(value);
  record.bytesSent += Buffer.byteLength(text);
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(text);
}
