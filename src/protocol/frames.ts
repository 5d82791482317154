import { MAX_FRAME_BYTES } from "./constants";

/** A binary frame of `llm-rooms.1`: the request's number, 4 bytes big-endian, then a piece of a body. */
export const FRAME_HEADER_BYTES = 4;

/**
 * A request's body leaves in frames of this size, bytes: what waits for it on the other side hears of whole frames only, and
 * over a slow network one of 1 MiB would take longer than a tunnel may be silent.
 */
const PIECE_BYTES = 128 * 1024;

/** @returns a new buffer of 4 + bytes.length. @throws RangeError where it would be over MAX_FRAME_BYTES. */
export function encodeFrame(n: number, bytes: Uint8Array): Uint8Array {
  const size = FRAME_HEADER_BYTES + bytes.byteLength;
  if (size > MAX_FRAME_BYTES) throw new RangeError(`A frame of ${size} bytes is over ${MAX_FRAME_BYTES}.`);
  const frame = new Uint8Array(size);
  new DataView(frame.buffer).setUint32(0, n);
  frame.set(bytes, FRAME_HEADER_BYTES);
  return frame;
}

/** The frames of a body of any length; none where it is empty. */
export function* splitIntoFrames(n: number, body: Uint8Array): Generator<Uint8Array> {
  const step = MAX_FRAME_BYTES - FRAME_HEADER_BYTES;
  for (let at = 0; at < body.byteLength; at += step) yield encodeFrame(n, body.subarray(at, at + step));
}

/**
 * The frames of a body that is in pieces. All of them in one buffer, one after the other: each has to have been sent when
 * the next is taken, so that a body of 32 MB costs one frame more, and not itself once more.
 */
export function* piecesInFrames(n: number, pieces: readonly Uint8Array[]): Generator<Uint8Array> {
  const bytes = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const frame = new Uint8Array(Math.min(PIECE_BYTES, FRAME_HEADER_BYTES + bytes));
  new DataView(frame.buffer).setUint32(0, n);
  let filled = FRAME_HEADER_BYTES;
  for (const piece of pieces) {
    for (let at = 0; at < piece.byteLength; ) {
      if (filled === frame.byteLength) {
        yield frame;
        filled = FRAME_HEADER_BYTES;
      }
      const part = piece.subarray(at, at + frame.byteLength - filled);
      frame.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
    }
  }
  if (filled > FRAME_HEADER_BYTES) yield frame.subarray(0, filled);
}

/** The frame's number and a view of its bytes (no copy), or undefined where it is too short to be one. */
export function decodeFrame(frame: Uint8Array): { n: number; bytes: Uint8Array } | undefined {
  if (frame.byteLength < FRAME_HEADER_BYTES) return undefined;
  const n = new DataView(frame.buffer, frame.byteOffset, frame.byteLength).getUint32(0);
  return { n, bytes: frame.subarray(FRAME_HEADER_BYTES) };
}
