import { isRecord } from "./isRecord";

/** The system's or a library's code for an error, `"ENOENT"` for one; undefined where it has none. */
export function errorCode(error: unknown): unknown {
  return isRecord(error) ? error.code : undefined;
}
