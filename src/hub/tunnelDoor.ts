import type { Clock } from "../common/clock";
import type { ParticipantRecord } from "./participantRecord";
import { participantNotFound, Refusal, roomNotFound, unauthorized } from "./refusal";
import type { Room } from "./room";
import type { RoomRegistry } from "./roomRegistry";
import { TunnelTokens } from "./tunnelTokens";

/** Decides who may open a tunnel, and to which participant. */
export class TunnelDoor {
  readonly #registry: RoomRegistry;
  readonly #tokens: TunnelTokens;
  readonly #isOpen: boolean;

  /** @param isOpen whether the hub tells which rooms there are */
  constructor(registry: RoomRegistry, clock: Clock, isOpen: boolean) {
    this.#registry = registry;
    this.#isOpen = isOpen;
    this.#tokens = new TunnelTokens(clock);
  }

  /** The key for one tunnel; it voids an earlier one. */
  issueToken(record: ParticipantRecord): string {
    return this.#tokens.issue(record);
  }

  /** @throws Refusal, the same whatever is wrong where the room is protected */
  check(code: string, id: string, token: string | null): { room: Room; record: ParticipantRecord } {
    const room = this.#registry.find(code);
    if (!room) throw this.#isOpen ? roomNotFound() : unauthorized();
    const record = room.find(id);
    if (record && token && this.#tokens.isValid(token, record)) return { room, record };
    if (room.facts.access === "protected") throw unauthorized();
    if (!record) throw participantNotFound();
    throw token ? staleToken() : missingToken();
  }

  /** Like `check`, and the token is used up. @throws Refusal */
  enter(code: string, id: string, token: string | null): { room: Room; record: ParticipantRecord } {
    const entered = this.check(code, id, token);
    this.#tokens.use(token ?? "", entered.record);
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
