import { Command } from "commander";
import { HubClient } from "../client/hubClient";
import { hubUrlFor, paths } from "../protocol/paths";
import { hubOption, jsonOption, passwordOption } from "./options";
import { printable, type Terminal } from "./terminal";

interface CreateOptions {
  hub: string;
  name: string;
  password?: string;
  json: boolean;
}

export function createCommand(terminal: Terminal): Command {
  return new Command("create")
    .description("make a room and print its code")
    .addOption(hubOption())
    .requiredOption("--name <name>", "what the room is called")
    .addOption(passwordOption("what participants must know to share a model in it"))
    .addOption(jsonOption("print {code, name, endpoint} as JSON"))
    .action((options: CreateOptions) => createRoom(terminal, options));
}

async function createRoom(terminal: Terminal, options: CreateOptions): Promise<void> {
  const { room } = await new HubClient(options.hub).createRoom(
    { name: options.name, ...(options.password !== undefined && { password: options.password }) },
    terminal.ended,
  );
  const endpoint = hubUrlFor(options.hub, paths.inference(room.code));
  if (options.json) return terminal.printJson({ code: room.code, name: room.name, endpoint });
  return terminal.print(
    [
      `Room "${printable(room.name)}" has the code ${printable(room.code)}`,
      "",
      `  share a model in it   ${terminal.self} share --hub ${options.hub} --room ${printable(room.code)}`,
      `  chat                  ${terminal.self} chat --hub ${options.hub} --room ${printable(room.code)} "Hello"`,
      `  OpenAI base URL       ${endpoint}`,
    ].join("\n"),
  );
}
