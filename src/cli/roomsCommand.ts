import { Command } from "commander";
import { HubClient } from "../client/hubClient";
import { hubOption, jsonOption } from "./options";
import { formatTable } from "./table";
import type { Terminal } from "./terminal";

export function roomsCommand(terminal: Terminal): Command {
  return new Command("rooms")
    .description("list a hub's rooms")
    .addOption(hubOption())
    .addOption(jsonOption("print the list as JSON"))
    .action(async (options: { hub: string; json: boolean }) => {
      const rooms = await new HubClient(options.hub).listRooms(terminal.ended);
      if (options.json) return terminal.printJson(rooms);
      if (rooms.length === 0)
        return terminal.print(`No rooms yet. Make one: ${terminal.self} create --name Team`);
      const rows = rooms.map((room) => [
        room.code,
        room.name,
        String(room.participantCount),
        room.passwordProtected ? "password to share" : "",
      ]);
      return terminal.print(formatTable([["CODE", "NAME", "PARTICIPANTS", ""], ...rows]));
    });
}
