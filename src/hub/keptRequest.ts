import type { z } from "zod";
import type { Disposable } from "../common/disposable";
import { parseJson } from "../common/parseJson";
import { rewriteJson } from "../common/rewriteJson";
import type { BodyReader } from "./bodyReader";
import { Refusal } from "./refusal";

type Fields = Record<string, unknown>;

/** What a participant is asked to make. */
export interface Creation {
  readonly stream: boolean;
  /** JSON in UTF-8, in pieces. */
  readonly body: readonly Uint8Array[];
}

/**
 * A request on the inference plane that was checked, kept as it came while it waits and until nobody else can take over: a
 * prompt may be 32 MB long, and would be that once more as a value.
 */
export class KeptRequest<T extends z.ZodType<Fields>> {
  /** With its long strings cut off. */
  readonly outline: z.output<T>;
  /** What it is counted as, until it is let go of. */
  readonly memory: Disposable;
  readonly #json: Buffer;
  readonly #schema: T;

  constructor(json: Buffer, schema: T, outline: z.output<T>, memory: Disposable) {
    this.#json = json;
    this.memory = memory;
    this.#schema = schema;
    this.outline = outline;
  }

  get byteLength(): number {
    return this.#json.byteLength;
  }

  /** It is over, and nobody may read it any more. */
  giveBack(bodies: BodyReader): void {
    bodies.giveBack(this.#json);
  }

  /** All of it, read again. */
  whole(): z.output<T> {
    return this.#schema.parse(parseJson(this.#json.toString()));
  }

  /**
   * With these fields set; the others as they came.
   * @param first what comes before the first item of a list; the lists are not empty
   * @throws Refusal
   */
  with(fields: Fields, first: Fields = {}): Creation {
    const body = rewriteJson(this.#json, fields, first);
    if (body) return { stream: this.outline.stream === true, body };
    const whole: Fields = this.whole();
    const lists = Object.entries(first).map(([name, item]) => [name, [item, ...(whole[name] as unknown[])]]);
    return written({ ...whole, ...fields, ...Object.fromEntries(lists) });
  }
}

/** A request that was made here. @throws Refusal */
export function written(request: Fields): Creation {
  return { stream: request.stream === true, body: [Buffer.from(toJson(request))] };
}

/** Of what a request said. @throws Refusal where that is nested more deeply than can be written. */
export function toJson(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    throw new Refusal(400, "INVALID_REQUEST", "The body is nested too deeply.", "Send a flatter one.");
  }
}
