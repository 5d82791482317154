/** The system's or a library's code for an error, `"ENOENT"` for one; undefined where it has none. */
export function errorCode(error: unknown): unknown {
  return error instanceof Error && "code" in error ? error.code : undefined;
}
