import type { IncomingMessage } from "node:http";
import { Refusal } from "./refusal";

/** A request's body as JSON, read only as far as the limit. @throws Refusal (400, 413) */
export async function readJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  const text = (await readBody(incoming, maxBytes)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, "INVALID_REQUEST", "The body is not JSON.", "Send a JSON object.");
  }
}

/** The same where the body may be left out. @throws Refusal (400, 413) */
export async function readOptionalJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
  const body = await readBody(incoming, maxBytes);
  if (body.byteLength === 0) return undefined;
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    throw new Refusal(400, "INVALID_REQUEST", "The body is not JSON.", "Send a JSON object, or none.");
  }
}

function readBody(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const announced = Number(incoming.headers["content-length"] ?? 0);
  if (announced > maxBytes) return Promise.reject(tooLarge(maxBytes));
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const onData = (piece: Buffer) => {
      bytes += piece.byteLength;
      if (bytes > maxBytes) settle(() => reject(tooLarge(maxBytes)));
      else pieces.push(piece);
    };
    const onEnd = () => settle(() => resolve(Buffer.concat(pieces, bytes)));
    const onBroken = () => settle(() => reject(brokenOff()));
    function settle(act: () => void) {
      incoming.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken);
      // What comes later is nobody's: an error without a listener would end the process.
      incoming.on("error", () => {});
      incoming.pause();
      act();
    }
    incoming.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken);
  });
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, "INVALID_REQUEST", `The body is over ${maxBytes} bytes.`, "Send less.");
}

function brokenOff(): Refusal {
  return new Refusal(400, "INVALID_REQUEST", "The body broke off.", "Send it whole.");
}
