import type { Clock } from "../common/clock";
import type { ParticipantRecord } from "./participantRecord";
import { participantNotFound, Refusal, roomNotFound } from "./refusal";
import type { Room } from "./room";
import type { RoomRegistry } from "./roomRegistry";
import { TunnelTokens } from "./tunnelTokens";

/** Decides who may open a tunnel, and to which participant. */
export class TunnelDoor {
  readonly #registry: RoomRegistry;
  readonly #tokens: TunnelTokens;

  constructor(registry: RoomRegistry, clock: Clock) {
    this.#registry = registry;
    this.#tokens = new TunnelTokens(clock);
  }

  /** The key for one tunnel; it voids an earlier one. */
  issueToken(record: ParticipantRecord): string {
    return this.#tokens.issue(record);
  }

  /** @throws Refusal */
  check(code: string, id: string, token: string | null): { room: Room; record: ParticipantRecord } {
    const room = this.#registry.find(code);
    if (!room) throw roomNotFound();
    const record = room.find(id);
    if (!record) throw participantNotFound();
    if (!token) {
      throw new Refusal(
        400,
        "INVALID_REQUEST",
        "A tunnel token is required.",
        "Send the one that PUT answered.",
      );
    }
    if (!this.#tokens.isValid(token, record)) {
      throw new Refusal(
        401,
        "INVALID_REQUEST",
        "The tunnel token is not valid (any more).",
        "Register again: each answer has a new one.",
      );
    }
    return { room, record };
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
