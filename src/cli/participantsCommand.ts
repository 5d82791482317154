import { Command } from "commander";
import { describeSpecs } from "./describeSpecs";
import { findRoom, openRoom } from "./findRoom";
import { addRoomOptions, jsonOption, type RoomFlags } from "./options";
import { roomOptions } from "./suggestion";
import { formatTable } from "./table";
import type { Terminal } from "./terminal";

interface ParticipantsFlags extends RoomFlags {
  json: boolean;
}

export function participantsCommand(terminal: Terminal): Command {
  const command = new Command("participants").description(
    "list who shares which model in a room, on what hardware, and whether it is free",
  );
  return addRoomOptions(command)
    .addOption(jsonOption("print the list as JSON"))
    .action((options: ParticipantsFlags) => listParticipants(terminal, options));
}

async function listParticipants(terminal: Terminal, options: ParticipantsFlags): Promise<void> {
  const room = await findRoom(terminal, options);
  const participants = await openRoom(room).listParticipants(room.roomCode, terminal.ended);
  if (options.json) return terminal.printJson(participants);
  if (participants.length === 0) {
    return terminal.print(
      `Nobody shares a model here yet. Share one: ${terminal.self} share${roomOptions(terminal, options, room.roomCode)}`,
    );
  }
  const rows = participants.map(({ status, nickname, model, specs, id }) => [
    status,
    nickname,
    model,
    describeSpecs(specs),
    id,
  ]);
  return terminal.print(formatTable([["STATUS", "NICKNAME", "MODEL", "HARDWARE", "ID"], ...rows]));
}
