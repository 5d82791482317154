import { ByteCollector } from "../common/byteCollector";
import { HumanError } from "../common/humanError";
import { answerComment } from "../protocol/inference";
import type { AnswerDelta, AnswerFormat } from "./answerDelta";
import { parseJson } from "./hubTransport";
import { SseReader, SseTooLongError } from "./sseReader";
import { readWaitingComment, type WaitingWord } from "./waitingComment";

/** A whole answer, of a provider that does not stream, is at most this long, bytes. */
const MAX_WHOLE_BYTES = 16 * 1024 * 1024;
/** Everything that comes on one stream, bytes: a provider wraps some 200 around each token. */
const MAX_STREAM_BYTES = 256 * 1024 * 1024;

const whitespace = new Set([0x09, 0x0a, 0x0d, 0x20, 0xef, 0xbb, 0xbf]);
const brace = "{".charCodeAt(0);
const angle = "<".charCodeAt(0);

export function brokenStream(message: string, options?: ErrorOptions): HumanError {
  return new HumanError("STREAM_BROKEN", message, "Try again, or ask another participant.", options);
}

/**
 * Turns an answer's bytes into deltas. What it is is told by its first byte, not by its content type: some hubs label
 * everything as a stream. What cannot be read is a `failed` delta, after those of all that came before it.
 */
export class AnswerReader {
  readonly #format: AnswerFormat;
  readonly #sse = new SseReader(undefined, (comment) => this.#comment(comment));
  /** The last one of the present bytes: an earlier one is out of date. */
  #waiting: WaitingWord | undefined;
  #heedsComments = false;
  #whole: ByteCollector | undefined;
  #begun = false;
  #bytes = 0;
  #events = 0;

  constructor(format: AnswerFormat) {
    this.#format = format;
  }

  /** How many events came: comments keep a connection alive but are no sign of life of the model. */
  get events(): number {
    return this.#events;
  }

  /** Its comments are the hub's, up to the one that says that the answer begins. */
  waits(): void {
    this.#heedsComments = true;
  }

  push(bytes: Uint8Array): AnswerDelta[] {
    this.#bytes += bytes.byteLength;
    const first = this.#begun ? undefined : bytes.find((byte) => !whitespace.has(byte));
    if (first !== undefined) {
      this.#begun = true;
      if (first === brace) this.#whole = new ByteCollector();
      if (first === angle) return failed("A web page came in place of an answer.");
    }
    if (this.#bytes > (this.#whole ? MAX_WHOLE_BYTES : MAX_STREAM_BYTES)) {
      this.#whole = undefined;
      return failed("The answer is too long and was stopped.");
    }
    if (!this.#whole) return this.#readBytes(bytes);
    this.#whole.push(bytes);
    return [];
  }

  end(): AnswerDelta[] {
    if (!this.#whole) return this.#read(() => this.#sse.end());
    const value = parseJson(this.#whole.text());
    return (value === undefined ? undefined : this.#format.whole(value)) ?? noAnswer();
  }

  #readBytes(bytes: Uint8Array): AnswerDelta[] {
    this.#waiting = undefined;
    const deltas = this.#read(() => this.#sse.push(bytes));
    return this.#waiting ? [this.#waiting, ...deltas] : deltas;
  }

  /** Once the answer has begun nobody waits any more, whatever a comment says: it may be the participant's. */
  #comment(comment: string): void {
    if (!this.#heedsComments || this.#events > 0) return;
    if (comment.trim() === answerComment) this.#heedsComments = false;
    else this.#waiting = readWaitingComment(comment) ?? this.#waiting;
  }

  #read(events: () => { data: string }[]): AnswerDelta[] {
    try {
      return lastFailure(events().flatMap(({ data }) => this.#event(data)));
    } catch (error) {
      if (error instanceof SseTooLongError) return failed("The answer came in pieces that are too long.");
      throw error;
    }
  }

  #event(data: string): AnswerDelta[] {
    this.#events++;
    if (data.trim() === "[DONE]") return [{ type: "end" }];
    return this.#format.event(parseJson(data)) ?? noAnswer();
  }
}

function failed(message: string): AnswerDelta[] {
  return [{ type: "failed", error: brokenStream(message) }];
}

/** An event that broke off says less than the hub's word behind it. Nothing counts behind the answer's end. */
function lastFailure(deltas: AnswerDelta[]): AnswerDelta[] {
  const end = deltas.findIndex(({ type }) => type === "end");
  const counted = end < 0 ? deltas : deltas.slice(0, end);
  const failures = counted.filter(({ type }) => type === "failed");
  return failures.length < 2
    ? deltas
    : deltas.filter((each) => each.type !== "failed" || each === failures.at(-1));
}

function noAnswer(): AnswerDelta[] {
  return failed("What came is not an answer that can be read.");
}
