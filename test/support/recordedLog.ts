import type { LogFields, Logger } from "../../src/hub/logger";

/** A logger that keeps its lines, debug included, as they would be written. */
export class RecordedLog implements Logger {
  readonly isDebugging = true;
  readonly lines: string[] = [];

  debug = (message: string, fields?: LogFields) => this.#keep("debug", message, fields);
  info = (message: string, fields?: LogFields) => this.#keep("info", message, fields);
  warn = (message: string, fields?: LogFields) => this.#keep("warn", message, fields);
  error = (message: string, fields?: LogFields) => this.#keep("error", message, fields);

  get text(): string {
    return this.lines.join("\n");
  }

  #keep(level: string, message: string, fields: LogFields = {}): void {
    this.lines.push(JSON.stringify({ level, message, ...fields }));
  }
}
