import { Command } from "commander";
import { HubClient } from "../client/hubClient";
import { describeSpecs } from "./describeSpecs";
import { findRoomCode } from "./findRoom";
import { hubOption, jsonOption, roomOption } from "./options";
import { formatTable } from "./table";
import type { Terminal } from "./terminal";

interface ParticipantsOptions {
  hub: string;
  room?: string;
  json: boolean;
}

export function participantsCommand(terminal: Terminal): Command {
  return new Command("participants")
    .description("list who shares which model in a room, on what hardware, and whether it is free")
    .addOption(hubOption())
    .addOption(roomOption())
    .addOption(jsonOption("print the list as JSON"))
    .action((options: ParticipantsOptions) => listParticipants(terminal, options));
}

async function listParticipants(terminal: Terminal, options: ParticipantsOptions): Promise<void> {
  const hub = new HubClient(options.hub);
  const code = await findRoomCode(hub, options.room, terminal.ended);
  const participants = await hub.listParticipants(code, terminal.ended);
  if (options.json) return terminal.printJson(participants);
  if (participants.length === 0) {
    return terminal.print(`Nobody shares a model here yet. Share one: ${terminal.self} share`);
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
