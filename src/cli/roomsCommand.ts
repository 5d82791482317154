import { Command } from "commander";
import type { RoomSummary } from "../protocol/room";
import { findHub } from "./findHub";
import { listRooms } from "./listRooms";
import { addHubOptions, type HubFlags, jsonOption } from "./options";
import { hubOptions } from "./suggestion";
import { formatTable } from "./table";
import type { Terminal } from "./terminal";

export function roomsCommand(terminal: Terminal): Command {
  const command = new Command("rooms").description(
    "list a hub's open rooms, and those made in this terminal",
  );
  return addHubOptions(command)
    .addOption(jsonOption("print the list as JSON"))
    .action(async (flags: HubFlags & { json: boolean }) => {
      const rooms = await listRooms(terminal, await findHub(terminal, flags));
      if (flags.json) return terminal.printJson(rooms);
      if (rooms.length === 0)
        return terminal.print(
          `No rooms to be seen. Make one: ${terminal.self} create${hubOptions(flags)} --name Team`,
        );
      const rows = rooms.map((room) => [
        room.code,
        room.name,
        String(room.participantCount),
        describeAccess(room),
      ]);
      return terminal.print(formatTable([["CODE", "NAME", "PARTICIPANTS", "ACCESS"], ...rows]));
    });
}

export function describeAccess({ access = "open", passwordProtected }: RoomSummary): string {
  if (access === "protected") return passwordProtected ? "protected, with a password" : "protected";
  return passwordProtected ? "open; password to share" : "open";
}
