/** What a line says beside its message: never a prompt, an answer, a token, a password or a query string. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Where a hub tells whoever runs it what happens. */
export interface Logger {
  /** Whether `debug` lines are read by anybody: each request makes one. */
  readonly isDebugging: boolean;
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const silentLogger: Logger = {
  isDebugging: false,
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
};
