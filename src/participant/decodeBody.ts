import { pipeline, Readable, type Transform } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";
import { AnswerBody } from "./answerBody";

/** Each piece that came is given out at once, whole block or not. */
const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

const decoders: Readonly<Record<string, () => Transform>> = {
  gzip: () => createGunzip(flush),
  "x-gzip": () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
};

/**
 * The body as it was before it was compressed: some proxies compress whatever they are asked for, and no hub passes
 * encodings on. Undefined where the encoding is not known.
 *
 * @param explain what a failure of it is called.
 */
export function decodeBody(
  body: AnswerBody,
  encoding: string,
  explain: (error: unknown) => unknown,
): AnswerBody | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return body;
  const decoder = Object.hasOwn(decoders, name) ? decoders[name]?.() : undefined;
  if (!decoder) return undefined;
  const decoded = new AnswerBody({
    pause: () => decoder.pause(),
    resume: () => decoder.resume(),
    stop: () => {
      decoder.destroy();
      // Whoever reads it waits for its next piece, and would be asked to stop only then.
      body.close();
    },
  });
  decoder.on("data", (piece: Uint8Array) => decoded.push(piece));
  // Not when all has gone in: what came out of that may still wait to be read.
  decoder.on("end", () => decoded.end());
  pipeline(Readable.from(body), decoder, (error) => {
    if (error) decoded.fail(explain(error));
  });
  return decoded;
}
