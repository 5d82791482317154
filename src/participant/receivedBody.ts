import { isUtf8 } from "node:buffer";
import { outlineJson } from "../common/outlineJson";
import { parseJson } from "../common/parseJson";
import { rewriteJson } from "../common/rewriteJson";
import { joined } from "./answerBody";

/** A request's body: a long one is kept as it came, since a prompt of 32 MB would be that once more as a value. */
export class ReceivedBody {
  /** With long strings cut off, where it came as bytes. */
  readonly outline: unknown;
  readonly #json: Uint8Array | undefined;

  private constructor(outline: unknown, json?: Uint8Array) {
    this.outline = outline;
    this.#json = json;
  }

  /** As it came in frames. @throws SyntaxError */
  static of(bytes: Buffer): ReceivedBody {
    // What is no character is replaced, as everywhere else.
    const json = isUtf8(bytes) ? bytes : Buffer.from(bytes.toString());
    return new ReceivedBody(outlineJson(json), json);
  }

  /** Where it came inside a message, which was read. */
  static read(value: unknown): ReceivedBody {
    return new ReceivedBody(value);
  }

  /** Of an object: with these fields set, the others as they came. */
  with(fields: Record<string, unknown>): string | Uint8Array {
    const pieces = this.#json && rewriteJson(this.#json, fields);
    return pieces ? joined(pieces) : JSON.stringify({ ...this.whole(), ...fields });
  }

  /** Of an object: all of it. */
  whole(): Record<string, unknown> {
    const json = this.#json;
    return (json ? parseJson(utf8.decode(json)) : this.outline) as Record<string, unknown>;
  }
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
