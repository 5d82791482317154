import { ByteCollector } from "../common/byteCollector";
import { isRecord } from "../common/isRecord";

/** A response's id stands near its beginning; an answer is read as far as this, bytes. */
const MAX_BYTES = 64 * 1024;
/** A stream's first event says it: each that is looked at is parsed, and one that is no JSON costs much more. */
const MAX_EVENTS = 20;

const LINE_FEED = 0x0a;
const BRACE = 0x7b;

/** `"id"` as the first field of the whole answer, or of the `response` in a stream's first events. */
const inWhole = /^\s*\{\s*"id"\s*:\s*"([^"\\]{1,200})"/;
const inEvent = /"response"\s*:\s*\{\s*"id"\s*:\s*"([^"\\]{1,200})"/;

/** Learns a response's id from the bytes that pass, then looks at no more of them. */
export class ResponseIdFinder {
  readonly #onFound: (responseId: string) => void;
  /** Of a stream the line that has not ended, else all that came; undefined once nobody looks any more. */
  #text: ByteCollector | undefined = new ByteCollector();
  /** Unknown while nothing but space has come. */
  #isStream: boolean | undefined;
  #size = 0;
  #events = 0;
  /** How long the text was at the last look. */
  #lookedAt = 0;

  constructor(onFound: (responseId: string) => void) {
    this.#onFound = onFound;
  }

  push(piece: Uint8Array): void {
    if (!this.#text) return;
    const near = piece.subarray(0, MAX_BYTES - this.#size);
    this.#size += near.byteLength;
    this.#isStream ??= isStream(near);
    const rest = this.#isStream ? this.#takeLines(near) : near;
    this.#text?.push(rest);
    this.#lookAhead();
    if (this.#size === MAX_BYTES) this.#text = undefined;
  }

  /** The answer has ended: only now a whole one can be parsed. */
  end(): void {
    if (this.#text && this.#isStream === false) this.#take(idOf(parse(this.#text.text())));
    this.#text = undefined;
  }

  /** Looks at each line once. @returns what comes behind them. */
  #takeLines(piece: Uint8Array): Uint8Array {
    let from = 0;
    for (let end = piece.indexOf(LINE_FEED); end !== -1; end = piece.indexOf(LINE_FEED, from)) {
      if (!this.#text) break;
      this.#text.push(piece.subarray(from, end));
      this.#takeLine(this.#text.text().trimStart());
      this.#text?.clear();
      this.#lookedAt = 0;
      from = end + 1;
    }
    return piece.subarray(from);
  }

  #takeLine(line: string): void {
    if (!line.startsWith("data:")) return;
    this.#take(inEvent.exec(line)?.[1] ?? idOf(fieldOf(parse(line.slice("data:".length)), "response")));
    if (++this.#events === MAX_EVENTS) this.#text = undefined;
  }

  /** At what has not ended, as it doubles: a look at each piece would read single bytes thousands of times. */
  #lookAhead(): void {
    if (!this.#text || this.#text.size === 0 || this.#text.size < 2 * this.#lookedAt) return;
    this.#lookedAt = this.#text.size;
    this.#take((this.#isStream ? inEvent : inWhole).exec(this.#text.text())?.[1]);
  }

  #take(id: string | undefined): void {
    if (id === undefined) return;
    this.#text = undefined;
    this.#onFound(id);
  }
}

/** Of an answer's first bytes. */
function isStream(piece: Uint8Array): boolean | undefined {
  const first = piece.find((byte) => byte > 0x20);
  return first === undefined ? undefined : first !== BRACE;
}

function idOf(value: unknown): string | undefined {
  const id = fieldOf(value, "id");
  return typeof id === "string" ? id : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON, or not whole.
  }
}
