import { setFlagsFromString } from "node:v8";

/** For a process whose work is passing bytes on: what V8 assumes of one that computes costs it memory and time. */
export function tuneHeap(): void {
  // The space for new objects stays as small as it begins (1 MB). Where many come at once it would grow to 16 MB, three times
  // over, and never shrink: with 5,000 participants a hub then holds 280 MB in place of 165.
  setFlagsFromString("--semi-space-growth-factor=1");
  // Each read of a socket brings a buffer of 64 KB outside the heap. By itself V8 looks through the whole heap after some
  // 15 MB of them, of which nearly all are garbage: a quarter of a fast answer's cost.
  setFlagsFromString("--external-memory-accounted-in-global-limit");
}
