import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

const CR = 0x0d;
const LF = 0x0a;
const HEX_DIGITS = Buffer.from("0123456789abcdef", "latin1");

/** One chunk of HTTP/1.1's chunked encoding (RFC 9112, 7.1). @param bytes of all pieces, not 0 */
export function asChunk(pieces: readonly Uint8Array[], bytes: number): Buffer {
  const digits = Math.ceil((32 - Math.clz32(bytes)) / 4);
  // Each byte by itself: for a token's few, a call for each part would cost more than all of them.
  const chunk = Buffer.allocUnsafe(digits + bytes + 4);
  for (let at = digits - 1, rest = bytes; at >= 0; at--, rest >>>= 4) chunk[at] = HEX_DIGITS[rest & 15] ?? 0;
  let at = digits;
  chunk[at++] = CR;
  chunk[at++] = LF;
  for (const piece of pieces) {
    chunk.set(piece, at);
    at += piece.byteLength;
  }
  chunk[at++] = CR;
  chunk[at] = LF;
  return chunk;
}

/**
 * The socket of a response whose head has left, where chunks can be written to it at once, and before its end. Node itself would send a chunk's
 * length, bytes and end as three writes; before its turn on a pipelined connection, or without chunks, only Node knows how.
 */
export function chunkSocketOf({
  socket,
  headersSent,
  chunkedEncoding,
  destroyed,
  writableEnded,
  req,
}: ServerResponse): Socket | undefined {
  const takesChunks = headersSent && chunkedEncoding && !destroyed && !writableEnded && req.method !== "HEAD";
  return takesChunks && socket?.writable ? socket : undefined;
}
