import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import type { Clock } from "../common/clock";
import { OFFLINE_LISTED_MS, PARTICIPANT_TIMEOUT, TUNNEL_TOKEN_TTL_MS } from "../protocol/constants";
import type {
  Capabilities,
  HeartbeatBody,
  ParticipantInfo,
  ParticipantStatus,
  RuntimeConfig,
  registrationSchema,
} from "../protocol/participant";
import { toPublicConfig } from "./defaults";
import type { ParticipantLink, ParticipantWord } from "./participantLink";
import { statusOf, wordBeyondCount } from "./participantStatus";
import { ServingFailures } from "./servingFailures";
import { ServingPace } from "./servingPace";

/** What a PUT tells of a participant, but for the password. */
export type Card = Omit<z.output<typeof registrationSchema>, "password">;

/** What a list has of each participant beside its card: times, status, connection, and the names of fields, bytes. */
const LISTED_BYTES = 512;

/** About what it has in a list. */
export function listedBytes(id: string, card: Card): number {
  const { config = {}, ...rest } = card;
  return LISTED_BYTES + Buffer.byteLength(JSON.stringify({ id, ...rest, config: toPublicConfig(config) }));
}

const unknownCapabilities: Capabilities = { openResponses: "unknown", chatCompletions: "unknown" };

/** What others were last told, to tell a change from a repetition. */
type Announced = Pick<ParticipantInfo, "status" | "capacity"> & { connected: boolean };

/** One participant of one room: its card, its tunnel, and what it is doing. */
export class ParticipantRecord {
  readonly id: string;
  readonly joinedAt: number;
  readonly pace = new ServingPace();
  readonly failures = new ServingFailures();
  readonly #clock: Clock;
  #card: Card;
  #capacity: number;
  #said: ParticipantStatus | undefined;
  #announced: Announced;
  #updatedAt: number;
  #lastSeen = 0;
  #seenAt = 0;
  /** Of its last PUT, of `monotonic`. */
  #putAt: number;
  #isFresh = true;
  #hadTunnel = false;
  tunnel: ParticipantLink | undefined;
  lastUsed = 0;
  active = 0;
  /** Of it in a list, about. */
  listedBytes = 0;
  /** Since when it is offline, of `monotonic`; undefined while it is not. */
  offlineSince: number | undefined;

  constructor(id: string, card: Card, clock: Clock) {
    this.id = id;
    this.#clock = clock;
    this.#card = card;
    this.#capacity = card.capacity ?? 1;
    this.joinedAt = clock.now();
    this.#updatedAt = this.joinedAt;
    this.#putAt = clock.monotonic();
    this.offlineSince = this.#putAt;
    this.hear();
    this.#announced = { status: "offline", connected: false, capacity: this.#capacity };
  }

  get model(): string {
    return this.#card.model;
  }
  get nickname(): string {
    return this.#card.nickname;
  }
  get endpoint(): string {
    return this.#card.endpoint;
  }
  get config(): RuntimeConfig {
    return this.#card.config ?? {};
  }
  get capabilities(): Capabilities {
    return this.#card.capabilities ?? unknownCapabilities;
  }
  get tokensPerSecond(): number | undefined {
    return this.pace.tokensPerSecond;
  }
  get capacity(): number {
    return this.#capacity;
  }
  get status(): ParticipantStatus {
    return this.#announced.status;
  }
  /** Unix time of its last heartbeat. */
  get lastSeen(): number {
    return this.#lastSeen;
  }
  /** The same of `monotonic`. */
  get seenAt(): number {
    return this.#seenAt;
  }

  /** It failed of late, before its answer began: others come first. */
  get isFailing(): boolean {
    return this.failures.isResting(this.#clock.monotonic());
  }

  /** A heartbeat, or as good as one. */
  hear(): void {
    this.#lastSeen = this.#clock.now();
    this.#seenAt = this.#clock.monotonic();
    this.#isFresh = true;
  }

  /**
   * What only the passing of time changes.
   * @param awakeSince nobody could be heard before, of `monotonic`
   * @returns whether it counts as failing no longer
   */
  age(awakeSince: number): boolean {
    const now = this.#clock.monotonic();
    this.#isFresh = now - Math.max(this.#seenAt, awakeSince) < PARTICIPANT_TIMEOUT;
    this.pace.forgetOld(now);
    return this.failures.recovers(now);
  }

  /** Whether it was away for too long. Whoever never had a tunnel can open none any more once its token has expired. */
  hasLeft(awakeSince: number): boolean {
    if (this.offlineSince === undefined) return false;
    const since = this.#hadTunnel ? this.offlineSince : this.#putAt;
    const listedMs = this.#hadTunnel ? OFFLINE_LISTED_MS : TUNNEL_TOKEN_TTL_MS;
    return this.#clock.monotonic() - Math.max(since, awakeSince) >= listedMs;
  }

  /** A PUT. @returns whether the card differs from the one before. */
  replaceCard(card: Card): boolean {
    this.#putAt = this.#clock.monotonic();
    if (isDeepStrictEqual(card, this.#card)) return false;
    if (card.model !== this.#card.model || card.endpoint !== this.#card.endpoint) this.pace.reset();
    this.#card = card;
    this.#capacity = card.capacity ?? this.#capacity;
    this.#announced = { ...this.#announced, capacity: this.#capacity };
    this.#updatedAt = this.#clock.now();
    return true;
  }

  hearHeartbeat(body: HeartbeatBody): void {
    this.hear();
    this.#capacity = body.capacity ?? this.#capacity;
    if (body.status) this.hearWord(body);
  }

  hearWord(word: Partial<ParticipantWord>): void {
    this.#said = wordBeyondCount(word, { active: this.active, capacity: this.#capacity });
  }

  /** A new tunnel begins without a word. */
  beginTunnel(tunnel: ParticipantLink): void {
    this.tunnel = tunnel;
    this.#hadTunnel = true;
    this.#said = undefined;
  }

  /** Works the status out anew. @returns what changed for others, or undefined. */
  refresh(): { wentOffline: boolean } | undefined {
    const before = this.#announced;
    const connected = this.tunnel?.isOpen === true;
    const capacity = this.#capacity;
    const facts = { connected, fresh: this.#isFresh, active: this.active, capacity };
    const status = statusOf({ ...facts, said: this.#said });
    if (status === before.status && connected === before.connected && capacity === before.capacity)
      return undefined;
    this.#announced = { status, connected, capacity };
    this.#updatedAt = this.#clock.now();
    const wentOffline = status === "offline" && before.status !== "offline";
    if (status !== "offline") this.offlineSince = undefined;
    else this.offlineSince ??= this.#clock.monotonic();
    return { wentOffline };
  }

  toInfo(): ParticipantInfo {
    const { nickname, model, endpoint, specs = {} } = this.#card;
    const { status, connected, capacity } = this.#announced;
    const lastTunnelSeenAt = this.tunnel?.lastHeardAt ?? null;
    return {
      id: this.id,
      nickname,
      model,
      endpoint,
      config: toPublicConfig(this.config),
      specs,
      capabilities: this.capabilities,
      connection: { kind: "tunnel", connected, lastTunnelSeenAt },
      status,
      joinedAt: this.joinedAt,
      lastSeen: this.lastSeen,
      updatedAt: this.#updatedAt,
      capacity,
    };
  }
}
