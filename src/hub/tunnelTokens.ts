import type { Clock } from "../common/clock";
import { TUNNEL_TOKEN_TTL_MS } from "../protocol/constants";
import { hashToken, makeToken } from "./token";

interface Entry {
  owner: object;
  expiresAt: number;
}

/** Tokens that open a tunnel: one use, 60 s, one per participant. The owner is the participant's record itself. */
export class TunnelTokens {
  readonly #clock: Clock;
  /** By the token's hash: how long a lookup takes tells nothing of a token. */
  readonly #entries = new Map<string, Entry>();
  readonly #current = new WeakMap<object, string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A new token; it voids the owner's earlier one. */
  issue(owner: object): string {
    const earlier = this.#current.get(owner);
    if (earlier) this.#entries.delete(earlier);
    const token = makeToken();
    const hash = hashToken(token);
    this.#entries.set(hash, { owner, expiresAt: this.#clock.monotonic() + TUNNEL_TOKEN_TTL_MS });
    this.#current.set(owner, hash);
    return token;
  }

  isValid(token: string, owner: object): boolean {
    const entry = this.#entries.get(hashToken(token));
    return entry !== undefined && entry.owner === owner && this.#clock.monotonic() < entry.expiresAt;
  }

  /** True once for a valid token. */
  use(token: string, owner: object): boolean {
    return this.isValid(token, owner) && this.#entries.delete(hashToken(token));
  }

  /** Forgets what has expired. */
  sweep(): void {
    const now = this.#clock.monotonic();
    for (const [hash, { expiresAt }] of this.#entries) {
      if (expiresAt <= now) this.#entries.delete(hash);
    }
  }
}
