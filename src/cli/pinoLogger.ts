import { pino } from "pino";
import type { LogFields, Logger } from "../hub/logger";

export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Log lines as JSON on stderr, one a line, written at once so that a crash loses none. */
export function makePinoLogger(level: LogLevel): Logger {
  const log = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, stderr());
  const line =
    (name: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}) =>
      log[name](fields, message);
  return {
    isDebugging: log.isLevelEnabled("debug"),
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
}

/** Not pino's own destination: that fails for good where stderr is a pipe that is full for a moment. */
function stderr(): { write(line: string): void } {
  return { write: (line) => void process.stderr.write(line) };
}
