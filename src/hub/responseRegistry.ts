import type { ParticipantRecord } from "./participantRecord";
import type { Room } from "./room";

/** Who made a response, so that its later requests go there too. */
export type ResponseOrigin =
  | { kind: "native"; record: ParticipantRecord }
  /** Made by translation: nobody stores it, but while it runs it can be cancelled. */
  | { kind: "translated"; record: ParticipantRecord; cancel: () => boolean };

/** Of a hub; the oldest are forgotten first. */
const MAX_RESPONSES = 10_000;

/** An id that a participant accepts in a path. */
const safeId = /^[\w.-]{1,200}$/;

/** The responses of one hub by room and id. */
export class ResponseRegistry {
  readonly #origins = new Map<string, ResponseOrigin>();

  /** An id that somebody in the room made already stays that one's: providers choose ids, and could choose another's. */
  remember(room: Room, responseId: string, origin: ResponseOrigin): void {
    if (!safeId.test(responseId)) return;
    const key = keyOf(room, responseId);
    const maker = this.#origins.get(key)?.record;
    if (maker && maker !== origin.record && room.find(maker.id) === maker) return;
    this.#origins.delete(key);
    this.#origins.set(key, origin);
    const [oldest] = this.#origins.keys();
    if (this.#origins.size > MAX_RESPONSES && oldest !== undefined) this.#origins.delete(oldest);
  }

  find(room: Room, responseId: string): ResponseOrigin | undefined {
    return this.#origins.get(keyOf(room, responseId));
  }

  forget(room: Room, responseId: string): void {
    this.#origins.delete(keyOf(room, responseId));
  }

  /** The room was closed: nobody can ask in it any more. */
  forgetRoom(room: Room): void {
    const prefix = keyOf(room, "");
    for (const key of this.#origins.keys()) if (key.startsWith(prefix)) this.#origins.delete(key);
  }
}

function keyOf(room: Room, responseId: string): string {
  return `${room.facts.code}/${responseId}`;
}
