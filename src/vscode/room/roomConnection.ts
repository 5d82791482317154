import type { RoomState } from "../../client/roomState";
import { Emitter, type Event } from "../../common/event";
import type { HumanError } from "../../common/humanError";

export type ConnectionState =
  | { readonly state: "left" }
  | { readonly state: "connecting"; readonly hubUrl: string; readonly roomCode: string }
  /** Joining failed; nothing is retried until the user or auto-join asks. */
  | {
      readonly state: "failed";
      readonly hubUrl: string;
      readonly roomCode: string;
      readonly error: HumanError;
    }
  /** `room.phase` says how true it is at the moment: a lost hub is still a joined room. */
  | { readonly state: "joined"; readonly hubUrl: string; readonly room: RoomState };

/** The window's one room, or none. Owns the feed; everything that shows the room reads `state`. */
export class RoomConnection {
  readonly #changed = new Emitter<ConnectionState>();
  readonly onDidChangeState: Event<ConnectionState> = this.#changed.event;

  get state(): ConnectionState {
    return { state: "left" };
  }

  dispose(): void {}
}
