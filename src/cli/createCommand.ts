import { Command, Option } from "commander";
import { writeInvite } from "../protocol/invite";
import { hubUrlFor, paths } from "../protocol/paths";
import type { Access, CreatedRoom } from "../protocol/room";
import { findHub, type HubTarget, openHub } from "./findHub";
import type { RoomTarget } from "./findRoom";
import { makeInvite, publicHubUrl } from "./inviteLink";
import { KeptSecrets } from "./keptSecrets";
import { addHubOptions, type HubFlags, jsonOption, notEmpty, publicUrlOption, variables } from "./options";
import { hubOptions } from "./suggestion";
import { printable, type Terminal } from "./terminal";

interface CreateFlags extends HubFlags {
  name: string;
  password?: string;
  access?: Access;
  publicUrl?: string;
  json: boolean;
}

export function createCommand(terminal: Terminal): Command {
  const command = new Command("create")
    .description("make a room, print its invite link, and keep its host token for `llm-rooms room`")
    .requiredOption("--name <name>", "what the room is called", notEmpty("the room"));
  return addHubOptions(command)
    .addOption(
      new Option(
        "--access <access>",
        "protected: for whoever has the invite; open: for everyone who reaches the hub. The hub's choice if left out",
      ).choices(["protected", "open"]),
    )
    .option(
      "--password <password>",
      `lets in like the invite (open rooms: to share a model); better in ${variables.password}`,
    )
    .addOption(publicUrlOption())
    .addOption(jsonOption("print {code, name, access, endpoint, invite, memberToken, hostToken} as JSON"))
    .action((flags: CreateFlags) => createRoom(terminal, flags));
}

async function createRoom(terminal: Terminal, flags: CreateFlags): Promise<void> {
  const hub = await findHub(terminal, flags);
  const publicUrl = publicHubUrl(hub.hubUrl, flags.publicUrl);
  const password = flags.password ?? (terminal.env[variables.password] || undefined);
  const made = await openHub(hub).createRoom(
    {
      name: flags.name,
      ...(password !== undefined && { password }),
      ...(flags.access && { access: flags.access }),
    },
    terminal.ended,
  );
  const isHubKept = await keep(terminal, hub, made);
  const { room, memberToken, hostToken } = made;
  const target: RoomTarget = { ...hub, roomCode: room.code, token: memberToken };
  const { invite, isLocal } = await makeInvite(target, publicUrl, terminal.ended);
  const endpoint = hubUrlFor(hub.hubUrl, paths.inference(room.code));
  const link = writeInvite(invite);
  if (flags.json) {
    const { code, name, access = "open" } = room;
    return terminal.printJson({ code, name, access, endpoint, invite: link, memberToken, hostToken });
  }
  const named: HubFlags = isHubKept && flags.hub !== undefined ? { hub: flags.hub } : flags;
  const options = `${hubOptions(named)} --room ${printable(room.code)}`;
  return terminal.print(describe(terminal.self, made, { link, isLocal, endpoint, options }));
}

/**
 * The room is made: where its tokens cannot be kept, they are shown rather than lost. Resolves to whether later commands know the
 * hub's certificate from here.
 */
async function keep(
  terminal: Terminal,
  { hubUrl, fingerprint }: HubTarget,
  made: CreatedRoom,
): Promise<boolean> {
  const { room, hostToken, memberToken } = made;
  if (hostToken === undefined) return false;
  const { code, name } = room;
  try {
    const kept = new KeptSecrets(terminal.env);
    await kept.keepRoom({ hubUrl, code, name, hostToken, ...(memberToken !== undefined && { memberToken }) });
    if (fingerprint !== undefined) await kept.keepHub(hubUrl, fingerprint);
    return true;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    terminal.note(printable(`${why}\nKeep this host token yourself: ${hostToken}`));
    return false;
  }
}

function describe(
  self: string,
  { room, memberToken, hostToken }: CreatedRoom,
  { link, isLocal, endpoint, options }: { link: string; isLocal: boolean; endpoint: string; options: string },
): string {
  const code = printable(room.code);
  const isOpen = memberToken === undefined;
  return [
    `Room "${printable(room.name)}" has the code ${code}${isOpen ? " and is open to whoever reaches the hub" : ""}`,
    "",
    isOpen ? "Invite link:" : "Invite link; whoever has it can use the room, so send it to teammates only:",
    `  ${printable(link)}`,
    ...(isLocal
      ? ["  (It works on this machine only; --public-url says where teammates reach the hub.)"]
      : []),
    "",
    "  join in VS Code       open the link",
    `  share a model in it   ${self} share${options}`,
    `  chat                  ${self} chat${options} "Hello"`,
    ...(hostToken === undefined ? [] : [`  rename, close, …      ${self} room --help`]),
    `  OpenAI base URL       ${printable(endpoint)}`,
    ...(isOpen ? [] : ["  OpenAI API key        the member token, which stands in the link as token=…"]),
    "",
    `Elsewhere, commands take the link: --invite '…', or ${variables.invite}.`,
  ].join("\n");
}
