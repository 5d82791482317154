import { Command, Option } from "commander";
import { describeError, HumanError } from "../common/humanError";
import { writeInvite } from "../protocol/invite";
import { hubUrlFor, paths } from "../protocol/paths";
import type { RoomSummary } from "../protocol/room";
import { openHub } from "./findHub";
import { findRoom, keptRoom, openRoom, type RoomTarget } from "./findRoom";
import { findSelector } from "./findSelector";
import { makeInvite, publicHubUrl } from "./inviteLink";
import { KeptSecrets } from "./keptSecrets";
import {
  addRoomOptions,
  jsonOption,
  notEmpty,
  publicUrlOption,
  type RoomFlags,
  readSecret,
  variables,
} from "./options";
import { describeAccess } from "./roomsCommand";
import { roomOptions } from "./suggestion";
import { printable, type Terminal } from "./terminal";

interface HostFlags extends RoomFlags {
  hostToken?: string;
  publicUrl?: string;
  json: boolean;
}

/** What a room's host does; who made a room in this terminal is its host here. */
export function roomCommand(terminal: Terminal): Command {
  const command = new Command("room").description(
    "rule a room that you made: show, invite, rename, remove a participant, rotate its token, close",
  );
  for (const make of [show, invite, rename, remove, rotate, close]) command.addCommand(make(terminal));
  return command.addHelpText("after", examples);
}

function show(terminal: Terminal): Command {
  return addRoomOptions(new Command("show").description("print a room's name, access and OpenAI base URL"))
    .addOption(jsonOption("print the room as JSON"))
    .action(async (flags: HostFlags) => {
      const target = await findRoom(terminal, flags);
      const room = await openRoom(target).getRoom(target.roomCode, terminal.ended);
      const endpoint = hubUrlFor(target.hubUrl, paths.inference(room.code));
      if (flags.json) return terminal.printJson({ ...room, endpoint });
      return terminal.print(describeRoom(room, endpoint));
    });
}

function invite(terminal: Terminal): Command {
  return addRoomOptions(
    new Command("invite").description("print the room's invite link: whoever has it can use the room"),
  )
    .addOption(publicUrlOption())
    .addOption(jsonOption("print {invite, memberToken} as JSON"))
    .action(async (flags: HostFlags) => {
      const target = await findRoom(terminal, flags);
      const publicUrl = publicHubUrl(target.hubUrl, flags.publicUrl);
      // Whether it lets in is seen before it is handed out.
      const room = await openRoom(target).getRoom(target.roomCode, terminal.ended);
      await printInvite(
        terminal,
        room.access === "protected" ? target : { ...target, token: undefined },
        publicUrl,
        flags.json,
      );
    });
}

function rename(terminal: Terminal): Command {
  return hostCommand(new Command("rename").description("give the room another name"))
    .argument("<name>", "", notEmpty("the room"))
    .addOption(jsonOption("print the room as JSON"))
    .action(async (name: string, flags: HostFlags) => {
      const { target, hostToken } = await findHosted(terminal, flags);
      const hub = openHub(target, hostToken);
      const room = await hub.updateRoom(target.roomCode, { name }, terminal.ended);
      await updateKept(terminal, target, { name: room.name });
      if (flags.json) return terminal.printJson(room);
      return terminal.print(`The room is called "${printable(room.name)}" now.`);
    });
}

function remove(terminal: Terminal): Command {
  return hostCommand(
    new Command("remove").description(
      "remove a participant; what it serves is cut off, and its owner can share again",
    ),
  )
    .argument("<participant>", "a nickname or id that `participants` lists", notEmpty("a participant"))
    .addOption(jsonOption("print {removed} as JSON"))
    .action(async (name: string, flags: HostFlags) => {
      const { target, hostToken } = await findHosted(terminal, flags);
      const hub = openHub(target, hostToken);
      const id = await findSelector(hub, target.roomCode, name, terminal.ended);
      const participants = await hub.listParticipants(target.roomCode, terminal.ended);
      if (!participants.some((participant) => participant.id === id)) throw nobody(terminal, name, flags);
      await hub.removeParticipant(target.roomCode, id, terminal.ended);
      if (flags.json) return terminal.printJson({ removed: id });
      return terminal.print(`${printable(name)} is removed.`);
    });
}

function rotate(terminal: Terminal): Command {
  return hostCommand(
    new Command("rotate").description(
      "make a new invite link and void the old one; models that are shared stay, whoever watches or chats needs the new link",
    ),
  )
    .addOption(publicUrlOption())
    .addOption(jsonOption("print {invite, memberToken} as JSON"))
    .action(async (flags: HostFlags) => {
      const { target, hostToken } = await findHosted(terminal, flags);
      const publicUrl = publicHubUrl(target.hubUrl, flags.publicUrl);
      const hub = openHub(target, hostToken);
      const { passwordProtected } = await hub.getRoom(target.roomCode, terminal.ended);
      const memberToken = await hub.rotateMemberToken(target.roomCode, terminal.ended);
      await updateKept(terminal, target, { memberToken });
      await printInvite(terminal, { ...target, token: memberToken }, publicUrl, flags.json);
      if (passwordProtected) terminal.note("Whoever knows the room's password can come in as before.");
    });
}

function close(terminal: Terminal): Command {
  return hostCommand(new Command("close").description("end the room for everybody in it"))
    .option("--yes", "do not ask first; needed where nobody is at a keyboard")
    .addOption(jsonOption("print {closed} as JSON"))
    .action(async (flags: HostFlags & { yes?: boolean }) => {
      // Whatever is piped in was not written as an answer to this.
      if (!flags.yes && !terminal.stdin.isTTY) throw unasked();
      const { target, hostToken } = await findHosted(terminal, flags);
      const hub = openHub(target, hostToken);
      const { name, participantCount } = await hub.getRoom(target.roomCode, terminal.ended);
      const who = participantCount === 1 ? "1 participant" : `${participantCount} participants`;
      const question = `Close room "${name}" (${target.roomCode}) for everybody? It has ${who}, and cannot be opened again.`;
      if (!flags.yes && !(await terminal.confirm(printable(question)))) {
        terminal.setExitCode(terminal.ended.aborted ? terminal.endedExitCode : 1);
        return terminal.note("The room stays open.");
      }
      await hub.closeRoom(target.roomCode, terminal.ended);
      await told(terminal, () => new KeptSecrets(terminal.env).forgetRoom(target.hubUrl, target.roomCode));
      if (flags.json) return terminal.printJson({ closed: target.roomCode });
      return terminal.print(`Room ${printable(target.roomCode)} is closed.`);
    });
}

function unasked(): HumanError {
  const message = "A room that is closed cannot be opened again, and nobody is at a keyboard to be asked.";
  return new HumanError("INVALID_INPUT", message, "Give --yes to close it unasked.");
}

function nobody(terminal: Terminal, name: string, flags: RoomFlags): HumanError {
  const message = `Nobody in the room has the nickname or id ${printable(name)}.`;
  const hint = `This lists who is there: ${terminal.self} participants${roomOptions(terminal, flags)}`;
  return new HumanError("PARTICIPANT_NOT_FOUND", message, hint);
}

function hostCommand(command: Command): Command {
  return addRoomOptions(command).addOption(
    new Option(
      "--host-token <token>",
      `of a room that was made elsewhere; better in ${variables.hostToken}. Rooms made here bring theirs`,
    ),
  );
}

/** @throws HumanError where this terminal has no host token for the room */
async function findHosted(
  terminal: Terminal,
  flags: HostFlags,
): Promise<{ target: RoomTarget; hostToken: string }> {
  const target = await findRoom(terminal, flags);
  const given =
    readSecret(flags.hostToken, "--host-token") ??
    readSecret(terminal.env[variables.hostToken], variables.hostToken);
  const hostToken = given ?? (await keptRoom(terminal, target))?.hostToken;
  if (hostToken !== undefined) return { target, hostToken };
  throw new HumanError(
    "INVALID_INPUT",
    "Only the room's host can do that, and no host token for it is kept here: it was made elsewhere, or is closed.",
    `Use the terminal that made it, or give its host token in ${variables.hostToken}.`,
  );
}

function updateKept(
  terminal: Terminal,
  target: RoomTarget,
  change: { name?: string; memberToken?: string },
): Promise<void> {
  return told(terminal, async () => {
    const room = await keptRoom(terminal, target);
    if (room) await new KeptSecrets(terminal.env).keepRoom({ ...room, ...change });
  });
}

/** The hub has made the change by then, and what it answered must not be lost: where it cannot be kept, that is said beside it. */
async function told(terminal: Terminal, keep: () => Promise<void>): Promise<void> {
  try {
    await keep();
  } catch (error) {
    terminal.note(printable(`The hub has done it, but: ${describeError(error)}`));
  }
}

async function printInvite(
  terminal: Terminal,
  target: RoomTarget,
  publicUrl: string | undefined,
  json: boolean,
): Promise<void> {
  const { invite, isLocal } = await makeInvite(target, publicUrl, terminal.ended);
  const link = writeInvite(invite);
  if (json) return terminal.printJson({ invite: link, memberToken: target.token });
  await terminal.print(printable(link));
  if (isLocal)
    terminal.note("It works on this machine only; --public-url says where teammates reach the hub.");
}

function describeRoom(room: RoomSummary, endpoint: string): string {
  const rows = [
    ["Name", room.name],
    ["Code", room.code],
    ["Access", describeAccess(room)],
    ["Participants", String(room.participantCount)],
    ["OpenAI base URL", endpoint],
  ] as const;
  return rows.map(([name, value]) => printable(`${name.padEnd(16)}${value}`)).join("\n");
}

const examples = `
Examples:
  llm-rooms room invite --room ABC234            the link for teammates
  llm-rooms room remove --room ABC234 Ada        Ada's model leaves the room
  llm-rooms room rotate --room ABC234            a new link; the old one is void
--room may be left out where the hub has one room only.`;
