/** Why a Responses request, or a provider's answer, has no equal in the other form. The message names the field. */
export class UntranslatableError extends Error {
  override readonly name = "UntranslatableError";
}

/** A word of the request's is quoted so far, UTF-16 units. */
const MAX_QUOTED_LENGTH = 100;

/** A value of the request's as a message names it; all of it could be megabytes, or nested too deeply to be written. */
export function quoted(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MAX_QUOTED_LENGTH));
  return value === null ? "null" : typeof value;
}
