import { createParser } from "eventsource-parser";
import { type RoomEvent, roomEventSchema } from "../../src/protocol/events";
import { eventually } from "./eventually";

/** Follows a room's event stream and keeps all that came. */
export class EventLog {
  readonly events: RoomEvent[] = [];
  readonly comments: string[] = [];
  /** Of the event that came last, as an EventSource would send it when it comes back. */
  lastEventId: string | undefined;
  readonly headers: Headers;
  ended = false;
  readonly #abort: AbortController;

  constructor(answer: Response, abort: AbortController) {
    this.headers = answer.headers;
    this.#abort = abort;
    const parser = createParser({
      onEvent: ({ data, id }) => {
        this.lastEventId = id ?? this.lastEventId;
        this.events.push(roomEventSchema.parse(JSON.parse(data)));
      },
      onComment: (comment) => this.comments.push(comment),
    });
    this.#read(answer, (text) => parser.feed(text)).catch(() => {
      this.ended = true; // Closed by the test, or broken off: either way nothing more comes.
    });
  }

  get types(): string[] {
    return this.events.map(({ type }) => type);
  }

  /** Waits for an event of that type, and removes everything up to it. */
  async next<T extends RoomEvent["type"]>(type: T): Promise<Extract<RoomEvent, { type: T }>> {
    const at = await eventually(() => {
      const found = this.types.indexOf(type);
      return found < 0 ? false : { found };
    });
    return this.events.splice(0, at.found + 1).at(-1) as Extract<RoomEvent, { type: T }>;
  }

  stop(): void {
    this.#abort.abort();
  }

  async #read(answer: Response, feed: (text: string) => void): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of answer.body ?? []) feed(decoder.decode(piece, { stream: true }));
    this.ended = true;
  }
}

/** Resolves once `connected` came; that event is left for the test. */
export async function watchEvents(url: string, headers: Record<string, string> = {}): Promise<EventLog> {
  const abort = new AbortController();
  const log = new EventLog(await fetch(url, { signal: abort.signal, headers }), abort);
  await eventually(() => log.types.includes("connected"));
  return log;
}
