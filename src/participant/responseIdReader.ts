import { createParser, type EventSourceParser } from "eventsource-parser";
import { z } from "zod";
import { LineBreaks } from "../protocol/lineBreaks";

/** `response.created` is a stream's first event and repeats the request's instructions; beyond this nobody looks, bytes. */
const MAX_LOOK_BYTES = 1024 * 1024;
/** A line that is no JSON costs much to find out, and a megabyte has room for a hundred thousand. */
const MAX_EVENTS = 20;

const createdSchema = z.object({ response: z.object({ id: z.string().min(1).max(200) }) });

/** Looks over a native Responses stream until it has said its id; the bytes themselves pass by untouched. */
export class ResponseIdReader {
  readonly #decoder = new TextDecoder();
  readonly #lineBreaks = new LineBreaks();
  readonly #parser: EventSourceParser;
  #onId: ((id: string) => void) | undefined;
  #seen = 0;
  #events = 0;

  constructor(onId: (id: string) => void) {
    this.#onId = onId;
    this.#parser = createParser({ maxBufferSize: MAX_LOOK_BYTES, onEvent: ({ data }) => this.#take(data) });
  }

  look(bytes: Uint8Array): void {
    if (!this.#onId) return;
    this.#seen += bytes.byteLength;
    if (this.#seen > MAX_LOOK_BYTES) this.#onId = undefined;
    else this.#parser.feed(this.#lineBreaks.unify(this.#decoder.decode(bytes, { stream: true })));
  }

  #take(data: string): void {
    if (!this.#onId) return;
    if (++this.#events > MAX_EVENTS) this.#onId = undefined;
    try {
      const created = createdSchema.safeParse(JSON.parse(data));
      if (!created.success) return;
      const onId = this.#onId;
      this.#onId = undefined;
      onId?.(created.data.response.id);
    } catch {
      // Not JSON: the requester's own parser will say so. Without an id it just cannot be cancelled.
    }
  }
}
