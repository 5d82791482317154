import type { HubClient } from "../client/hubClient";
import { HumanError } from "../common/humanError";
import type { Invite } from "../protocol/invite";
import { normaliseRoomCode } from "../protocol/room";
import { findHub, type HubTarget, knownFingerprint, openHub } from "./findHub";
import { type KeptRoom, KeptSecrets } from "./keptSecrets";
import { listRooms } from "./listRooms";
import { type RoomFlags, readSecret, variables } from "./options";
import { readInviteLink } from "./readInviteLink";
import { hubOptions } from "./suggestion";
import { printable, type Terminal } from "./terminal";

/** A room, and what lets one in. */
export interface RoomTarget extends HubTarget {
  readonly roomCode: string;
  /** Undefined where the room is open, or nothing was given. */
  readonly token: string | undefined;
  /** By an invite that names another certificate than is known of that hub here: it may lead to somebody in between. */
  readonly isStrange?: boolean;
}

/** The room that flags, environment and this terminal's own rooms name, or the hub's only one. @throws HumanError */
export async function findRoom(terminal: Terminal, flags: RoomFlags): Promise<RoomTarget> {
  const invite = await givenInvite(terminal, flags);
  const target = invite ? await fromInvite(terminal, flags, invite) : await fromFlags(terminal, flags);
  if (target.token !== undefined) return target;
  return { ...target, token: await findToken(terminal, flags, target) };
}

/** What this terminal keeps of the room; nothing for whoever has another certificate than it was got under. */
export async function keptRoom({ env }: Terminal, target: RoomTarget): Promise<KeptRoom | undefined> {
  return target.isStrange ? undefined : new KeptSecrets(env).room(target.hubUrl, target.roomCode);
}

export function openRoom(target: RoomTarget): HubClient {
  return openHub(target, target.token);
}

/** A hub that is named on the command line counts before an invite that lies in the environment, and a room has to fit it. */
async function givenInvite(terminal: Terminal, flags: RoomFlags): Promise<Invite | undefined> {
  const named = flags.hub !== undefined || flags.room !== undefined;
  if (flags.invite !== undefined && named) {
    const hint = "Leave --hub and --room out.";
    throw new HumanError("INVALID_INPUT", "An invite names hub and room already.", hint);
  }
  const around = flags.hub === undefined ? terminal.env[variables.invite] || undefined : undefined;
  const link = flags.invite ?? around;
  if (link === undefined) return undefined;
  const invite = await readInviteLink(terminal, link);
  if (flags.room === undefined || normaliseRoomCode(flags.room) === invite.roomCode) return invite;
  const hint = `Leave --room out, unset ${variables.invite}, or name the room's hub with --hub.`;
  throw new HumanError("INVALID_INPUT", `The invite in ${variables.invite} is for another room.`, hint);
}

/** Token and fingerprint that lie in the environment are not taken for an invite's hub: they may be another's. */
async function fromInvite({ env }: Terminal, flags: RoomFlags, invite: Invite): Promise<RoomTarget> {
  const { hubUrl, roomCode, memberToken } = invite;
  if (invite.fingerprint !== undefined && (flags.fingerprint ?? invite.fingerprint) !== invite.fingerprint) {
    const message = "The invite names another certificate than --fingerprint.";
    const hint =
      "Nothing was sent. Ask whoever runs the hub which of the two is right, and leave the other out.";
    throw new HumanError("INVALID_INPUT", message, hint);
  }
  const known = flags.fingerprint ?? (await knownFingerprint(env, hubUrl));
  const fingerprint = invite.fingerprint ?? known;
  const isStrange = fingerprint !== known;
  const token = readSecret(flags.token, "--token") ?? memberToken;
  return { hubUrl, fingerprint, roomCode, token, isStrange };
}

async function fromFlags(terminal: Terminal, flags: RoomFlags): Promise<RoomTarget> {
  const { env } = terminal;
  const kept = flags.room === undefined ? undefined : await new KeptSecrets(env).roomWithCode(flags.room);
  const hub = flags.hub ?? (env[variables.hub] || kept?.hubUrl);
  const target = await findHub(terminal, { ...flags, ...(hub !== undefined && { hub }) });
  const token = readSecret(flags.token, "--token") ?? readSecret(env[variables.token], variables.token);
  const roomCode = flags.room ?? (await onlyRoom(terminal, flags, target, token));
  return { ...target, roomCode: normaliseRoomCode(roomCode), token };
}

/** Of a room that was made here, or for the password. A room that is open needs none. */
async function findToken(
  terminal: Terminal,
  flags: RoomFlags,
  target: RoomTarget,
): Promise<string | undefined> {
  const { env, ended } = terminal;
  const { roomCode } = target;
  const kept = await keptRoom(terminal, target);
  if (kept?.memberToken !== undefined) return kept.memberToken;
  const password = flags.password ?? env[variables.password];
  if (!password) return undefined;
  const hub = openHub(target);
  try {
    await hub.getRoom(roomCode, ended);
    return undefined;
  } catch (error) {
    if (!(error instanceof HumanError) || error.code !== "UNAUTHORIZED") throw error;
    return hub.exchangePassword(roomCode, password, ended);
  }
}

async function onlyRoom(
  terminal: Terminal,
  flags: RoomFlags,
  target: HubTarget,
  token: string | undefined,
): Promise<string> {
  const rooms = await listRooms(terminal, target, token);
  const [only] = rooms;
  if (only && rooms.length === 1) return only.code;
  if (only) {
    const list = rooms.map((room) => printable(`  ${room.code}  ${room.name}`)).join("\n");
    throw new HumanError(
      "INVALID_INPUT",
      "The hub has several rooms; say which one with --room CODE.",
      `There are:\n${list}`,
    );
  }
  throw new HumanError(
    "ROOM_NOT_FOUND",
    "The hub has no room that is open to you.",
    `Make one: ${terminal.self} create${hubOptions(flags)} --name Team, or give an invite link with --invite.`,
  );
}
