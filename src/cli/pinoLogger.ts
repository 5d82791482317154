import type { Writable } from "node:stream";
import { pino } from "pino";
import type { LogFields, Logger } from "../hub/logger";

export const logLevels = ["silent", "error", "warn", "info", "debug"] as const;
export type LogLevel = (typeof logLevels)[number];

/** Of lines that wait to be read: a pager that stands still, or a collector that hangs, must not fill the memory, bytes. */
const MAX_UNREAD_BYTES = 1024 * 1024;

/** Log lines as JSON on stderr, one a line, written at once so that a crash loses none. */
export function makePinoLogger(level: LogLevel, output: Writable = process.stderr): Logger {
  // Not pino's own destination: that fails for good where stderr is a pipe that is full for a moment.
  const destination = { write: (line: string) => void output.write(line) };
  const log = pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, destination);
  let leftOut = 0;
  const line =
    (name: "debug" | "info" | "warn" | "error") =>
    (message: string, fields: LogFields = {}) => {
      if (!log.isLevelEnabled(name)) return;
      if (output.writableLength > MAX_UNREAD_BYTES) {
        leftOut++;
        return;
      }
      if (leftOut > 0) log[name]({ leftOut }, "log lines that nobody read were left out");
      leftOut = 0;
      log[name](fields, message);
    };
  return {
    isDebugging: log.isLevelEnabled("debug"),
    debug: line("debug"),
    info: line("info"),
    warn: line("warn"),
    error: line("error"),
  };
}
