/**
 * Gives the memory of bytes that nobody reads any more back at once, where they have it for themselves. By itself it waits for
 * the garbage collector: a prompt of 32 MB leaves as much behind in pieces, each in memory that is given for the first time.
 * Where V8 cannot do so yet (Node 20) it goes on waiting.
 */
export function releaseBytes({ buffer, byteLength }: Uint8Array): void {
  // Nothing is everybody's: libraries hand out the same empty buffer again and again.
  if (byteLength > 0 && buffer.byteLength === byteLength) (buffer as Transferable).transfer?.(0);
}

/** Of an `ArrayBuffer` since ES2024; a shared one has none. */
interface Transferable {
  transfer?(bytes: number): unknown;
}
