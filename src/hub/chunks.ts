import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

const CRLF = "\r\n";
/** A length in hexadecimal, a line's end before the bytes and one behind them. */
const MAX_FRAME_BYTES = 8 + 2 * CRLF.length;

/** One chunk of HTTP/1.1's chunked encoding (RFC 9112, 7.1). @param bytes of all pieces */
export function asChunk(pieces: readonly Uint8Array[], bytes: number): Buffer {
  const chunk = Buffer.allocUnsafe(bytes + MAX_FRAME_BYTES);
  let at = chunk.write(bytes.toString(16) + CRLF, "latin1");
  for (const piece of pieces) {
    chunk.set(piece, at);
    at += piece.byteLength;
  }
  at += chunk.write(CRLF, at, "latin1");
  return chunk.subarray(0, at);
}

/**
 * The socket of a response whose head has left, where chunks can be written to it at once. Node itself would send a chunk's
 * length, bytes and end as three writes; before its turn on a pipelined connection, or without chunks, only Node knows how.
 */
export function chunkSocketOf({
  socket,
  headersSent,
  chunkedEncoding,
  destroyed,
  req,
}: ServerResponse): Socket | undefined {
  const takesChunks = headersSent && chunkedEncoding && !destroyed && req.method !== "HEAD";
  return takesChunks && socket?.writable ? socket : undefined;
}
