import type { Clock } from "../common/clock";
import { Refusal } from "./refusal";

const MINUTE_MS = 60_000;

interface Window {
  startedAt: number;
  count: number;
}

/** How often each client did something within a minute, which begins with its first time. */
export class RequestRate {
  readonly #clock: Clock;
  readonly #perMinute: number;
  readonly #maxClients: number;
  /** Whose minute began first is first: it is forgotten first. */
  readonly #windows = new Map<string, Window>();

  constructor(clock: Clock, perMinute: number, maxClients: number) {
    this.#clock = clock;
    this.#perMinute = perMinute;
    this.#maxClients = maxClients;
  }

  /** @throws Refusal where it was too often */
  count(client: string): void {
    const now = this.#clock.monotonic();
    const window = this.#windows.get(client);
    if (!window || now - window.startedAt >= MINUTE_MS) this.#begin(client, now);
    else if (window.count < this.#perMinute) window.count++;
    else throw tooOften(window.startedAt + MINUTE_MS - now);
  }

  #begin(client: string, now: number): void {
    this.#windows.delete(client);
    this.#windows.set(client, { startedAt: now, count: 1 });
    const [oldest] = this.#windows.keys();
    if (this.#windows.size > this.#maxClients && oldest !== undefined) this.#windows.delete(oldest);
  }
}

function tooOften(restMs: number): Refusal {
  const seconds = Math.ceil(restMs / 1_000);
  const message = "Too many requests came from this client within a minute.";
  return new Refusal(429, "TOO_MANY_REQUESTS", message, `Wait ${seconds} s.`, {
    headers: { "retry-after": String(seconds) },
  });
}
