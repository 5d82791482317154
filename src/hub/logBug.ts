import type { LogFields, Logger } from "./logger";
import { Refusal } from "./refusal";

/** Lines of a stack that tell where; below them it is the same for every request. */
const MAX_FRAMES = 8;

/** Runs it. What it throws that is no refusal is a bug, and logged: outside it is only told that there was one. */
export function loggingBugs<T>(logger: Logger, about: LogFields, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof Refusal)) logBug(logger, about, error);
    throw error;
  }
}

/** What failed and where, never in the error's own words: they may quote what was asked. */
export function logBug(logger: Logger, about: LogFields, error: unknown): void {
  const { name, message, stack = "" } = error instanceof Error ? error : new Error("No error was thrown.");
  const frames = stack
    .replace(message, "")
    .split("\n")
    .filter((line) => /^ +at /.test(line));
  const at = frames.slice(0, MAX_FRAMES).join("\n");
  logger.error("a request failed by a bug", { ...about, name, at });
}
