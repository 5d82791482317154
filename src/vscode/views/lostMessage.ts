import type { HumanError } from "../../common/humanError";

/** One quiet line above the rows, which show what was last known. */
export function lostMessage(error: HumanError): string {
  switch (error.code) {
    case "ROOM_NOT_FOUND":
      return "The hub no longer knows this room; it may have been restarted. Ask for the new code, or host a room.";
    case "ROOM_CLOSED":
      return "The host closed this room. Leave it, then join or host another one.";
    case "UNAUTHORIZED":
      return "The room no longer takes your key: its host changed it, or closed the room. Ask for a new invite link.";
    case "WRONG_CERTIFICATE":
      return "The hub shows another certificate than its invite named. Nothing is sent to it: ask its host.";
    default:
      return "The hub is lost. This is what was last known; connecting again…";
  }
}
