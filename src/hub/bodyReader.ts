import type { IncomingMessage } from "node:http";
import { ByteCollector } from "../common/byteCollector";
import { parseJson } from "../common/parseJson";
import { Refusal } from "./refusal";

/** What each request may hold while its body arrives; only what is longer has to share, bytes. */
const FREE_BYTES = 64 * 1024;

/** Reads the bodies of one hub's requests, each only as far as its limit and all together as far as theirs. */
export class BodyReader {
  readonly #maxTogether: number;
  #together = 0;

  constructor(maxTogether: number) {
    this.#maxTogether = maxTogether;
  }

  /** A request's body as JSON. @throws Refusal (400, 413, 429) */
  async json(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
    return parse(await this.#text(incoming, maxBytes), "Send a JSON object.");
  }

  /** The same where the body may be left out. @throws Refusal (400, 413, 429) */
  async optionalJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
    const text = await this.#text(incoming, maxBytes);
    return text === "" ? undefined : parse(text, "Send a JSON object, or none.");
  }

  #text(incoming: IncomingMessage, maxBytes: number): Promise<string> {
    const announced = Number(incoming.headers["content-length"] ?? 0);
    if (announced > maxBytes) return Promise.reject(tooLarge(maxBytes));
    return new Promise((resolve, reject) => {
      const collected = new ByteCollector();
      let shared = 0;
      const onData = (piece: Buffer) => {
        collected.push(piece);
        const more = Math.max(0, collected.size - FREE_BYTES) - shared;
        shared += more;
        this.#together += more;
        if (collected.size > maxBytes) settle(() => reject(tooLarge(maxBytes)));
        else if (this.#together > this.#maxTogether) settle(() => reject(tooMany()));
      };
      const onEnd = () => settle(() => resolve(collected.text()));
      const onBroken = () => settle(() => reject(brokenOff()));
      const settle = (act: () => void) => {
        incoming.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken);
        // What comes later is nobody's: an error without a listener would end the process.
        incoming.on("error", () => {});
        incoming.pause();
        this.#together -= shared;
        act();
      };
      incoming.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken);
    });
  }
}

function parse(text: string, hint: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw new Refusal(400, "INVALID_REQUEST", "The body is not JSON, or has too many values.", hint);
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, "INVALID_REQUEST", `The body is over ${maxBytes} bytes.`, "Send less.");
}

function tooMany(): Refusal {
  const headers = { "retry-after": "5" };
  const message = "The hub is receiving other long requests.";
  return new Refusal(429, "INVALID_REQUEST", message, "Retry in a moment.", { headers });
}

function brokenOff(): Refusal {
  return new Refusal(400, "INVALID_REQUEST", "The body broke off.", "Send it whole.");
}
