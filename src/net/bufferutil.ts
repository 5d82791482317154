/** Shorter ones take longer to look at as words, bytes. */
const SHORT = 128;

/** A key as the machine reads it in a word. */
const keyWord = new Int32Array(1);
const keyBytes = new Uint8Array(keyWord.buffer);

/**
 * What `ws` takes the native module `bufferutil` for, and asks for by that name (esbuild.mjs leads it here): masks a frame's
 * bytes (RFC 6455, 5.3), four at a time. By itself it goes byte by byte, which is a fifth of what a hub does for a
 * participant that masks its frames.
 *
 * @param key four bytes
 * @param offset where to in `output`
 */
export function mask(source: Buffer, key: Buffer, output: Buffer, offset: number, length: number): void {
  output.set(source.subarray(0, length), offset);
  unmask(output.subarray(offset, offset + length), key);
}

/** In place. */
export function unmask(bytes: Buffer, key: Buffer): void {
  const { buffer, byteOffset, byteLength } = bytes;
  if (byteLength < SHORT) {
    unmaskBytes(bytes, key, 0, byteLength);
    return;
  }
  // A word's address is a multiple of four.
  const start = -byteOffset & 3;
  const words = new Int32Array(buffer, byteOffset + start, (byteLength - start) >>> 2);
  unmaskBytes(bytes, key, 0, start);
  unmaskWords(words, key, start);
  unmaskBytes(bytes, key, start + words.byteLength, byteLength);
}

function unmaskBytes(bytes: Buffer, key: Buffer, start: number, end: number): void {
  for (let at = start; at < end; at++) bytes[at] = (bytes[at] ?? 0) ^ (key[at & 3] ?? 0);
}

/** @param start of the first word among the bytes, which tells where in the key it begins. */
function unmaskWords(words: Int32Array, key: Buffer, start: number): void {
  for (let at = 0; at < 4; at++) keyBytes[at] = key[(start + at) & 3] ?? 0;
  const [word = 0] = keyWord;
  for (let at = 0; at < words.length; at++) words[at] = (words[at] ?? 0) ^ word;
}
