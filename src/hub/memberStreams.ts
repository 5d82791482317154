import type { ServerResponse } from "node:http";
import { roleIn } from "./access";
import type { Credentials } from "./credentials";
import type { Room } from "./room";

/** By which token each watcher came: one whose token is voided must not watch on. */
export class MemberStreams {
  readonly #byRoom = new WeakMap<Room, Map<ServerResponse, Credentials>>();

  add(room: Room, credentials: Credentials, response: ServerResponse): void {
    if (room.facts.access === "open") return;
    const streams = this.#byRoom.get(room) ?? new Map<ServerResponse, Credentials>();
    this.#byRoom.set(room, streams);
    streams.set(response, credentials);
    response.once("close", () => streams.delete(response));
  }

  /** Breaks off the streams of those who would not be let in any more. */
  cut(room: Room): void {
    for (const [response, credentials] of this.#byRoom.get(room) ?? []) {
      if (roleIn(room, credentials) === "anyone") response.destroy();
    }
  }
}
