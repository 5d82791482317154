import { ByteCollector } from "../common/byteCollector";
import { MAX_ANSWER_FIELDS, parseJson } from "../common/parseJson";
import { chatToResponse } from "../protocol/chatToResponse";
import { ChatToResponsesStream } from "../protocol/chatToResponsesStream";
import type { ResponseContext } from "../protocol/responseObject";

/** Rewrites a provider's answer on its way. Any of these throws where the answer is not what it should be. */
export interface AnswerAdapter {
  readonly contentType: string;
  /** It gives nothing before `end()`, and may throw only then. */
  readonly needsWhole: boolean;
  start(): Uint8Array;
  push(bytes: Uint8Array): Uint8Array;
  end(): Uint8Array;
}

/** A chat completion's answer as a Responses answer. */
export function chatToResponsesAdapter(context: ResponseContext, stream: boolean): AnswerAdapter {
  if (!stream) return new WholeAnswerAdapter(context);
  const translated = new ChatToResponsesStream(context);
  return {
    contentType: "text/event-stream",
    needsWhole: false,
    start: () => translated.start(),
    push: (bytes) => translated.push(bytes),
    end: () => translated.end(),
  };
}

const nothing = new Uint8Array(0);
/** A million tokens: many are collected at once. */
const MAX_WHOLE_BYTES = 4 * 1024 * 1024;

class WholeAnswerAdapter implements AnswerAdapter {
  readonly contentType = "application/json";
  readonly needsWhole = true;
  readonly #context: ResponseContext;
  readonly #collected = new ByteCollector();

  constructor(context: ResponseContext) {
    this.#context = context;
  }

  start(): Uint8Array {
    return nothing;
  }

  push(bytes: Uint8Array): Uint8Array {
    this.#collected.push(bytes);
    if (this.#collected.size > MAX_WHOLE_BYTES)
      throw new RangeError("The answer is too long to be translated.");
    return nothing;
  }

  end(): Uint8Array {
    const completion: unknown = parseJson(this.#collected.text(), { maxFields: MAX_ANSWER_FIELDS });
    return Buffer.from(JSON.stringify(chatToResponse(completion, this.#context)));
  }
}
