import type { Clock } from "../common/clock";
import { networkOf } from "./clientAddress";
import type { FailedAttempts } from "./failedAttempts";
import type { ParticipantRecord } from "./participantRecord";
import { participantNotFound, Refusal, roomNotFound, unauthorized } from "./refusal";
import type { RequestRate } from "./requestRate";
import type { Room } from "./room";
import type { RoomRegistry } from "./roomRegistry";
import { TunnelTokens } from "./tunnelTokens";

export interface TunnelDoorOptions {
  registry: RoomRegistry;
  clock: Clock;
  /** Whether the hub tells which rooms there are. */
  isOpen: boolean;
  wrongTokens: FailedAttempts;
  requests: RequestRate;
}

/** What a request for a tunnel names. */
export interface TunnelKey {
  readonly code: string;
  readonly id: string;
  readonly token: string | null;
  /** From where it came. */
  readonly address: string;
}

/** Decides who may open a tunnel, and to which participant. */
export class TunnelDoor {
  readonly #registry: RoomRegistry;
  readonly #tokens: TunnelTokens;
  readonly #isOpen: boolean;
  readonly #wrongTokens: FailedAttempts;
  readonly #requests: RequestRate;

  constructor({ registry, clock, isOpen, wrongTokens, requests }: TunnelDoorOptions) {
    this.#registry = registry;
    this.#isOpen = isOpen;
    this.#wrongTokens = wrongTokens;
    this.#requests = requests;
    this.#tokens = new TunnelTokens(clock);
  }

  /** The key for one tunnel; it voids an earlier one. */
  issueToken(record: ParticipantRecord): string {
    return this.#tokens.issue(record);
  }

  /** @throws Refusal, the same whatever is wrong where the room is protected */
  check({ code, id, token, address }: TunnelKey): { room: Room; record: ParticipantRecord } {
    const room = this.#registry.find(code);
    const record = room?.find(id);
    if (room && record && token && this.#tokens.isValid(token, record)) return { room, record };
    if (room ? room.facts.access === "protected" : !this.#isOpen) {
      if (token) this.#wrongTokens.begin(address);
      throw unauthorized();
    }
    if (!room) throw roomNotFound();
    if (!record) throw participantNotFound();
    throw token ? staleToken() : missingToken();
  }

  /** Like `check`, but counted, and the token is used up. @throws Refusal */
  enter(key: TunnelKey): { room: Room; record: ParticipantRecord } {
    this.#requests.count(networkOf(key.address));
    const entered = this.check(key);
    this.#tokens.use(key.token ?? "", entered.record);
    return entered;
  }

  sweep(): void {
    this.#tokens.sweep();
  }
}

function missingToken(): Refusal {
  const hint = "Send the one that PUT answered.";
  return new Refusal(400, "INVALID_REQUEST", "A tunnel token is required.", hint);
}

function staleToken(): Refusal {
  const hint = "Register again: each answer has a new one.";
  return new Refusal(401, "INVALID_REQUEST", "The tunnel token is not valid (any more).", hint);
}
