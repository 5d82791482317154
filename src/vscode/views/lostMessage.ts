import type { HumanError } from "../../common/humanError";

/** One quiet line above the rows, which show what was last known. */
export function lostMessage(error: HumanError): string {
  if (error.code === "ROOM_NOT_FOUND") {
    return "The hub no longer knows this room; it may have been restarted. Ask for the new code, or host a room.";
  }
  return "The hub is lost. This is what was last known; connecting again…";
}
