import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
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
import { ServingPace } from "./servingPace";

/** What a PUT tells of a participant, but for the password. */
export type Card = Omit<z.output<typeof registrationSchema>, "password">;

const unknownCapabilities: Capabilities = { openResponses: "unknown", chatCompletions: "unknown" };

/** What others were last told, to tell a change from a repetition. */
type Announced = Pick<ParticipantInfo, "status" | "capacity"> & { connected: boolean };

/** One participant of one room: its card, its tunnel, and what it is doing. */
export class ParticipantRecord {
  readonly id: string;
  readonly joinedAt: number;
  readonly pace = new ServingPace();
  #card: Card;
  #capacity: number;
  #said: ParticipantStatus | undefined;
  #announced: Announced;
  #updatedAt: number;
  tunnel: ParticipantLink | undefined;
  lastSeen: number;
  lastUsed = 0;
  active = 0;
  /** Since when it is offline; undefined while it is not. */
  offlineSince: number | undefined;

  constructor(id: string, card: Card, now: number) {
    this.id = id;
    this.#card = card;
    this.#capacity = card.capacity ?? 1;
    this.joinedAt = now;
    this.lastSeen = now;
    this.#updatedAt = now;
    this.offlineSince = now;
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

  /** @returns whether the card differs from the one before. */
  replaceCard(card: Card, now: number): boolean {
    if (isDeepStrictEqual(card, this.#card)) return false;
    if (card.model !== this.#card.model || card.endpoint !== this.#card.endpoint) this.pace.reset();
    this.#card = card;
    this.#capacity = card.capacity ?? this.#capacity;
    this.#announced = { ...this.#announced, capacity: this.#capacity };
    this.#updatedAt = now;
    return true;
  }

  hearHeartbeat(body: HeartbeatBody, now: number): void {
    this.lastSeen = now;
    this.#capacity = body.capacity ?? this.#capacity;
    if (body.status) this.hearWord(body);
  }

  hearWord(word: Partial<ParticipantWord>): void {
    this.#said = wordBeyondCount(word, { active: this.active, capacity: this.#capacity });
  }

  /** A new tunnel begins without a word. */
  forgetWord(): void {
    this.#said = undefined;
  }

  /** Works the status out anew. @returns what changed for others, or undefined. */
  refresh(now: number, fresh: boolean): { wentOffline: boolean } | undefined {
    const before = this.#announced;
    const connected = this.tunnel?.isOpen === true;
    const capacity = this.#capacity;
    const status = statusOf({ connected, fresh, active: this.active, capacity, said: this.#said });
    if (status === before.status && connected === before.connected && capacity === before.capacity)
      return undefined;
    this.#announced = { status, connected, capacity };
    this.#updatedAt = now;
    const wentOffline = status === "offline" && before.status !== "offline";
    if (status !== "offline") this.offlineSince = undefined;
    else this.offlineSince ??= now;
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
