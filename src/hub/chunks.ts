import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";

const CR = 0x0d;
const LF = 0x0a;
const END = Buffer.from("\r\n", "latin1");
/** Pieces that are longer on average are written as they are: memory for a copy costs more than some more parts of one write, bytes. */
const MAX_COPIED_BYTES = 4 * 1024;
const HEX_DIGITS = Buffer.from("0123456789abcdef", "latin1");

/**
 * Writes one chunk of HTTP/1.1's chunked encoding (RFC 9112, 7.1) at once.
 * @param bytes of all pieces, not 0
 * @returns whether the socket takes more before its `drain`.
 */
export function writeChunk(socket: Socket, pieces: readonly Uint8Array[], bytes: number): boolean {
  if (bytes <= MAX_COPIED_BYTES * pieces.length) return socket.write(asChunk(pieces, bytes));
  socket.cork();
  socket.write(Buffer.from(`${bytes.toString(16)}\r\n`, "latin1"));
  for (const piece of pieces) socket.write(piece);
  const takesMore = socket.write(END);
  socket.uncork();
  return takesMore;
}

/** All of one, for whoever writes it to more than one socket. */
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
