import { setFlagsFromString } from "node:v8";

/** Of Node 24. Others may lack some of the flags, and would say so on stderr at every start. */
const KNOWN_V8 = "13.";

/** For a process whose work is passing bytes on: what V8 assumes of one that computes costs it memory and time. */
export function tuneV8(): void {
  // The space for new objects stays as small as it begins (1 MB). Where many come at once it would grow to 16 MB, three times
  // over, and never shrink: with 5,000 participants a hub then holds 280 MB in place of 165.
  setFlagsFromString("--semi-space-growth-factor=1");
  if (!process.versions.v8.startsWith(KNOWN_V8)) return;
  // Each read of a socket brings a buffer of 64 KB outside the heap. By itself V8 looks through the whole heap after some
  // 15 MB of them, of which nearly all are garbage: a quarter of a fast answer's cost.
  setFlagsFromString("--external-memory-accounted-in-global-limit");
  // A request or a join passes once through very many functions, and a team's hub sees few of them. By itself V8 compiles a
  // function quickly after 400 calls, or 500 more where what it is called with has just changed. (With 30 in place of 150
  // code is compiled before it is known, and a quarter slower for good.)
  setFlagsFromString("--invocation-count-for-maglev=30");
  setFlagsFromString("--minimum-invocations-after-ic-update=150");
}
