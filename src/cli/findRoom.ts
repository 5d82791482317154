import type { HubClient } from "../client/hubClient";
import { HumanError } from "../common/humanError";
import { normaliseRoomCode, type RoomSummary } from "../protocol/room";
import { printable } from "./terminal";

/** The code asked for, or that of the hub's only room. @throws HumanError that lists the rooms. */
export async function findRoomCode(
  hub: HubClient,
  code: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  if (code !== undefined) return normaliseRoomCode(code);
  const rooms = await hub.listRooms(signal);
  const [only] = rooms;
  if (only && rooms.length === 1) return only.code;
  if (!only) {
    throw new HumanError(
      "ROOM_NOT_FOUND",
      "The hub has no room yet.",
      "Make one: llm-rooms create --name Team",
    );
  }
  throw new HumanError(
    "INVALID_INPUT",
    "The hub has several rooms; say which one with --room CODE.",
    `There are:\n${describe(rooms)}`,
  );
}

function describe(rooms: readonly RoomSummary[]): string {
  return rooms.map((room) => printable(`  ${room.code}  ${room.name}`)).join("\n");
}
