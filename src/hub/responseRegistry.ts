import type { Room } from "./room";

/** Who made a response, so that its later requests go there too: also once it left and came back. */
export type ResponseOrigin =
  | { kind: "native"; participantId: string }
  /** Made by translation: nobody stores it, but while it runs it can be cancelled. */
  | { kind: "translated"; participantId: string; cancel: () => boolean };

/** Of a hub; where there are more, the oldest of the room that has most is forgotten. */
const MAX_RESPONSES = 10_000;

/** An id that a participant accepts in a path. */
const safeId = /^[\w.-]{1,200}$/;

/** The responses of one hub by room and id. */
export class ResponseRegistry {
  readonly #maxResponses: number;
  /** By the room's code. Only rooms that have any. */
  readonly #byRoom = new Map<string, Map<string, ResponseOrigin>>();
  #count = 0;

  constructor(maxResponses = MAX_RESPONSES) {
    this.#maxResponses = maxResponses;
  }

  /** An id that somebody in the room made already stays that one's: providers choose ids, and could choose another's. */
  remember(room: Room, responseId: string, origin: ResponseOrigin): void {
    if (!safeId.test(responseId)) return;
    const maker = this.find(room, responseId)?.participantId;
    if (maker !== undefined && maker !== origin.participantId && room.find(maker)) return;
    this.forget(room, responseId);
    const origins = this.#byRoom.get(room.facts.code) ?? new Map<string, ResponseOrigin>();
    this.#byRoom.set(room.facts.code, origins.set(responseId, origin));
    this.#count++;
    if (this.#count > this.#maxResponses) this.#forgetOne();
  }

  find(room: Room, responseId: string): ResponseOrigin | undefined {
    return this.#byRoom.get(room.facts.code)?.get(responseId);
  }

  forget(room: Room, responseId: string): void {
    this.#forgetIn(room.facts.code, responseId);
  }

  /** The room was closed: nobody can ask in it any more. */
  forgetRoom({ facts }: Room): void {
    this.#count -= this.#byRoom.get(facts.code)?.size ?? 0;
    this.#byRoom.delete(facts.code);
  }

  /** Else one room's many would have the hub forget all others'. */
  #forgetOne(): void {
    let [most] = this.#byRoom;
    for (const each of this.#byRoom) if (most && each[1].size > most[1].size) most = each;
    const [oldest] = most?.[1].keys() ?? [];
    if (most && oldest !== undefined) this.#forgetIn(most[0], oldest);
  }

  #forgetIn(code: string, responseId: string): void {
    const origins = this.#byRoom.get(code);
    if (!origins?.delete(responseId)) return;
    this.#count--;
    if (origins.size === 0) this.#byRoom.delete(code);
  }
}
