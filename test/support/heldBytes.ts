import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** What this process still holds once its garbage is gone, bytes. */
export function heldBytes(): number {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
