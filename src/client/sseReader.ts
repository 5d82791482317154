import { createParser, type EventSourceMessage } from "eventsource-parser";
import { MAX_LISTED_BYTES } from "../protocol/constants";
import { LineBreaks } from "../protocol/lineBreaks";

/** One event may be as long as this, UTF-16 units: a whole list of participants, or a whole answer, in one. */
const MAX_SSE_EVENT_LENGTH = MAX_LISTED_BYTES;

/** A stream whose single event is longer than the limit. */
export class SseTooLongError extends Error {
  override readonly name = "SseTooLongError";
}

/** Turns the bytes of an event stream, split anywhere, into its events. Bounded; comments are told apart from them. */
export class SseReader {
  readonly #decoder = new TextDecoder();
  readonly #lineBreaks = new LineBreaks();
  readonly #parser;
  #events: EventSourceMessage[] = [];
  #tooLong = false;

  /** @param onComment is called before the events of the same bytes are given out. */
  constructor(maxEventLength = MAX_SSE_EVENT_LENGTH, onComment?: (comment: string) => void) {
    this.#parser = createParser({
      maxBufferSize: maxEventLength,
      onEvent: (event) => this.#events.push(event),
      ...(onComment && { onComment }),
      onError: (error) => {
        // Unknown fields and bad `retry` values are ignored, as the standard says.
        if (error.type === "max-buffer-size-exceeded") this.#tooLong = true;
      },
    });
  }

  /** The events that these bytes complete. @throws SseTooLongError */
  push(bytes: Uint8Array): EventSourceMessage[] {
    return this.#feed(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The event that the stream's end completes: some providers leave out the last empty line. */
  end(): EventSourceMessage[] {
    return this.#feed(`${this.#decoder.decode()}\n\n`);
  }

  #feed(text: string): EventSourceMessage[] {
    if (this.#tooLong) throw new SseTooLongError("An event of the stream is too long.");
    this.#parser.feed(this.#lineBreaks.unify(text));
    // Events that came before the excess are still given out; the next call throws.
    const events = this.#events;
    this.#events = [];
    if (this.#tooLong && events.length === 0)
      throw new SseTooLongError("An event of the stream is too long.");
    return events;
  }
}
