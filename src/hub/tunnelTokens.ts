import { randomBytes } from "node:crypto";
import type { Clock } from "../common/clock";
import { TUNNEL_TOKEN_TTL_MS } from "../protocol/constants";

const TOKEN_BYTES = 32;

interface Entry {
  owner: object;
  expiresAt: number;
}

/** Tokens that open a tunnel: one use, 60 s, one per participant. The owner is the participant's record itself. */
export class TunnelTokens {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #current = new WeakMap<object, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new token; it voids the owner's earlier one. */
  issue(owner: object): string {
    const earlier = this.#current.get(owner);
    if (earlier) this.#entries.delete(earlier);
    const token = randomBytes(TOKEN_BYTES).toString("base64url");
    this.#entries.set(token, { owner, expiresAt: this.#clock.now() + TUNNEL_TOKEN_TTL_MS });
    this.#current.set(owner, token);
    return token;
  }

  isValid(token: string, owner: object): boolean {
    const entry = this.#entries.get(token);
    return entry !== undefined && entry.owner === owner && this.#clock.now() < entry.expiresAt;
  }

  /** True once for a valid token. */
  use(token: string, owner: object): boolean {
    return this.isValid(token, owner) && this.#entries.delete(token);
  }

  /** Forgets what has expired. */
  sweep(): void {
    const now = this.#clock.now();
    for (const [token, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(token);
    }
  }
}
