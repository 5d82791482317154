import { ByteCollector } from "../common/byteCollector";

/** A response's id stands near its beginning; a whole answer is read as far as this, bytes. */
const MAX_BYTES = 64 * 1024;
/** Each piece is a look at all that came so far; of an answer in single bytes no more is looked at than this, bytes. */
const MAX_LOOKED_AT_BYTES = 16 * 1024 * 1024;

/** `"id"` as the first field of the whole answer, or of the `response` in a stream's first events. */
const inWhole = /^\s*\{\s*"id"\s*:\s*"([^"\\]{1,200})"/;
const inEvent = /"response"\s*:\s*\{\s*"id"\s*:\s*"([^"\\]{1,200})"/;

/** Learns a response's id from the bytes that pass, then looks at no more of them. */
export class ResponseIdFinder {
  readonly #onFound: (responseId: string) => void;
  #begin: ByteCollector | undefined = new ByteCollector();
  #lookedAt = 0;

  constructor(onFound: (responseId: string) => void) {
    this.#onFound = onFound;
  }

  push(piece: Uint8Array): void {
    if (!this.#begin) return;
    this.#begin.push(piece);
    const { size } = this.#begin;
    this.#lookedAt += size;
    const id = findResponseId(this.#begin.text());
    if (id !== undefined) this.#onFound(id);
    if (id !== undefined || size > MAX_BYTES || this.#lookedAt > MAX_LOOKED_AT_BYTES) this.#begin = undefined;
  }
}

/** @param text the beginning of an answer, streamed or whole. */
export function findResponseId(text: string): string | undefined {
  if (text.trimStart().startsWith("{")) return inWhole.exec(text)?.[1] ?? idOf(parse(text));
  const byOrder = inEvent.exec(text)?.[1];
  if (byOrder !== undefined) return byOrder;
  for (const [, data] of text.matchAll(/^data:(.*)\r?\n/gm)) {
    const id = idOf(fieldOf(parse(data ?? ""), "response"));
    if (id !== undefined) return id;
  }
  return undefined;
}

function idOf(value: unknown): string | undefined {
  const id = fieldOf(value, "id");
  return typeof id === "string" ? id : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not whole yet.
  }
}
