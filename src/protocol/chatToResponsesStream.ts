import { createParser, type EventSourceParser } from "eventsource-parser";
import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LIST_LENGTH } from "./constants";
import { LineBreaks } from "./lineBreaks";
import { ResponseEvents } from "./responseEvents";
import { type ChatUsage, chatUsageSchema, type ResponseContext, toolCallSchema } from "./responseObject";

/** An event of a chat stream longer than this is no token: the stream fails, UTF-16 units. */
const MAX_EVENT_LENGTH = 4 * 1024 * 1024;

/** Lines that are none of an event stream's: the parser makes an error of each, and a megabyte has room for half a million. */
const MAX_WRONG_LINES = 1_000;
/** Fed at once, so that a stream which has failed is not parsed to the end of what came with it, UTF-16 units. */
const FEED_LENGTH = 16 * 1024;

const deltaSchema = z.looseObject({
  content: z.string().nullish(),
  refusal: z.string().nullish(),
  reasoning_content: z.string().nullish(),
  reasoning: z.string().nullish(),
  tool_calls: boundedArray(toolCallSchema, MAX_LIST_LENGTH).nullish(),
});
const chunkSchema = z.looseObject({
  choices: boundedArray(
    z.looseObject({ delta: deltaSchema.nullish(), finish_reason: z.string().nullish() }),
    MAX_LIST_LENGTH,
  ).nullish(),
  usage: chatUsageSchema.nullish(),
  error: z.union([z.string(), z.looseObject({ message: z.string().optional() })]).nullish(),
});

/** Turns a stream of chat completion chunks (SSE bytes) into the bytes of a Responses stream, piece by piece. */
export class ChatToResponsesStream {
  readonly #events: ResponseEvents;
  readonly #parser: EventSourceParser;
  readonly #decoder = new TextDecoder();
  readonly #lineBreaks = new LineBreaks();
  readonly #encoder = new TextEncoder();
  #usage: ChatUsage | undefined;
  #finishReason: string | undefined;
  #sawDone = false;
  #wrongLines = 0;

  constructor(readonly context: ResponseContext) {
    this.#events = new ResponseEvents(context);
    this.#parser = createParser({
      maxBufferSize: MAX_EVENT_LENGTH,
      onEvent: ({ data }) => this.#take(data),
      onError: (error) => {
        if (error.type === "max-buffer-size-exceeded")
          this.#events.fail("The provider sent an event without end.");
        else if (++this.#wrongLines > MAX_WRONG_LINES)
          this.#events.fail("The provider sent something that is not an event stream.");
      },
    });
  }

  /** Bytes to send before anything came: `response.created`, `response.in_progress`. */
  start(): Uint8Array {
    this.#events.start();
    return this.#drain();
  }

  /** Bytes to send for these bytes of the chat stream, which may split anywhere; often none. */
  push(bytes: Uint8Array): Uint8Array {
    this.#feed(this.#decoder.decode(bytes, { stream: true }));
    return this.#drain();
  }

  /** Bytes to send at the chat stream's end: `response.completed` (or incomplete, or failed), `[DONE]`. */
  end(): Uint8Array {
    // Some providers close without a blank line after their last event.
    this.#feed(`${this.#decoder.decode()}\n\n`);
    if (this.#finishReason === undefined && !this.#sawDone)
      this.#events.fail("The provider's answer ended before it was complete.");
    else this.#events.complete(this.#finishReason, this.#usage);
    return this.#drain();
  }

  /** Bytes to send in place of `end` where the requester cancelled: what came so far is kept. */
  cancel(): Uint8Array {
    this.#events.cancel(this.#usage);
    return this.#drain();
  }

  /** Bytes to send in place of `end` where the provider failed: `response.failed`, `[DONE]`. */
  fail(message: string): Uint8Array {
    this.#events.fail(message);
    return this.#drain();
  }

  #feed(text: string): void {
    const unified = this.#lineBreaks.unify(text);
    // After the last event the parser is done for, and whatever comes belongs to nobody.
    for (let at = 0; at < unified.length && !this.#events.ended; at += FEED_LENGTH)
      this.#parser.feed(unified.slice(at, at + FEED_LENGTH));
  }

  #take(data: string): void {
    if (data === "[DONE]") {
      this.#sawDone = true;
      return;
    }
    const chunk = parseChunk(data);
    if (!chunk) {
      this.#events.fail("The provider sent something that is not a chat completion.");
      return;
    }
    if (chunk.error) {
      const message = typeof chunk.error === "string" ? chunk.error : chunk.error.message;
      this.#events.fail(message ?? "The provider failed.");
      return;
    }
    if (chunk.usage) this.#usage = chunk.usage;
    const choice = chunk.choices?.[0];
    if (choice?.finish_reason) this.#finishReason = choice.finish_reason;
    if (choice?.delta) this.#grow(choice.delta);
  }

  #grow(delta: z.infer<typeof deltaSchema>): void {
    const thoughts = delta.reasoning_content ?? delta.reasoning;
    if (thoughts) this.#events.reasoning(thoughts);
    const text = delta.content || delta.refusal;
    if (text) this.#events.text(text);
    for (const [position, { index, id, function: called }] of (delta.tool_calls ?? []).entries())
      this.#events.toolCall(index ?? position, id, called?.name, called?.arguments ?? "");
  }

  #drain(): Uint8Array {
    return this.#encoder.encode(this.#events.take());
  }
}

function parseChunk(data: string): z.infer<typeof chunkSchema> | undefined {
  try {
    return chunkSchema.safeParse(JSON.parse(data)).data;
  } catch {
    // Not JSON: the caller fails the response.
    return undefined;
  }
}
