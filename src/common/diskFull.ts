import { errorCode } from "./errorCode";
import { HumanError } from "./humanError";

/** What a write failed with, where the disk, or the user's share of it, is full; undefined for all else. */
export function diskFull(path: string, cause: unknown): HumanError | undefined {
  const code = errorCode(cause);
  if (code !== "ENOSPC" && code !== "EDQUOT") return undefined;
  const message = `The disk is full: nothing can be written to ${path}.`;
  return new HumanError("SETUP_FAILED", message, "Make room on it, or choose a folder on another.", {
    cause,
  });
}
