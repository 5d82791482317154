import { pipeline, type Readable } from "node:stream";
import { constants, createBrotliDecompress, createGunzip, createInflate } from "node:zlib";

/** Each piece that came is given out at once, whole block or not. */
const flush = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH };

const decoders: Readonly<Record<string, () => NodeJS.ReadWriteStream & Readable>> = {
  gzip: () => createGunzip(flush),
  "x-gzip": () => createGunzip(flush),
  deflate: () => createInflate(flush),
  br: () => createBrotliDecompress({ flush: constants.BROTLI_OPERATION_FLUSH }),
};

/**
 * The body as it was before it was compressed: some proxies compress whatever they are asked for, and no hub passes
 * encodings on. Undefined where the encoding is not known.
 */
export function decodeBody(body: Readable, encoding: string): Readable | undefined {
  const name = encoding.trim().toLowerCase();
  if (name === "" || name === "identity") return body;
  const decoder = Object.hasOwn(decoders, name) ? decoders[name]?.() : undefined;
  // Whoever reads hears of a failure by the decoder itself; leaving the loop early ends both.
  return decoder && pipeline(body, decoder, () => {});
}
