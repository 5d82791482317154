import type { Clock } from "../common/clock";
import type { LogFields, Logger } from "./logger";

/** Lines that peers can cause, of all of them together and a minute: a hostile one must not fill the disk. */
const LINES_PER_MINUTE = 300;
const MINUTE_MS = 60_000;

/** What peers bring about, as log lines: so many a minute, and how many were left out. */
export class PeerLogger {
  readonly #logger: Logger;
  readonly #clock: Clock;
  #minute = 0;
  #lines = 0;

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  info(message: string, fields?: LogFields): void {
    if (this.#mayTell()) this.#logger.info(message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    if (this.#mayTell()) this.#logger.warn(message, fields);
  }

  #mayTell(): boolean {
    const minute = Math.floor(this.#clock.monotonic() / MINUTE_MS);
    if (minute !== this.#minute) {
      const leftOut = this.#lines - LINES_PER_MINUTE;
      if (leftOut > 0) this.#logger.warn("log lines about peers were left out", { leftOut });
      this.#minute = minute;
      this.#lines = 0;
    }
    return ++this.#lines <= LINES_PER_MINUTE;
  }
}
