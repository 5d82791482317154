import * as vscode from "vscode";
import { z } from "zod";
import { defaultNickname } from "../../client/defaultNickname";
import type { HubClient } from "../../client/hubClient";
import { HumanError } from "../../common/humanError";
import { type Invite, inviteSchema } from "../../protocol/invite";
import { normaliseRoomCode, type RoomSummary } from "../../protocol/room";
import { askText } from "../askText";
import { registerCommand } from "../registerCommand";
import { textRule } from "../settingRules";
import { toRowText } from "../views/plainText";
import { askHub } from "./askHub";
import { isSameRoom } from "./isSameRoom";
import { confirmInvite } from "./openInvite";
import { pickHub } from "./pickHub";
import { pickRoom } from "./pickRoom";
import type { RoomParts } from "./roomParts";
import type { RoomKeys } from "./roomSecrets";
import { type RoomWanted, unlockRoom } from "./unlockRoom";

/** What a caller of the command may already know; the rest is taken from the settings or asked for. */
const argsSchema = z
  .object({
    askHub: z.boolean(),
    /** The room that is joined, or could not be: it wants another key. */
    again: z.boolean(),
    hubUrl: z.string(),
    roomCode: z.string(),
    nickname: z.string(),
    password: z.string(),
    /** It has been read; what it means is still asked. */
    invite: inviteSchema,
  })
  .partial()
  .catch({});
type JoinArgs = z.infer<typeof argsSchema>;

/** "Join Room": hub, room, nickname and password, each asked only where it is not known. Resolves to whether it joined. */
export function registerJoinRoom(parts: RoomParts): vscode.Disposable {
  return registerCommand("llmRooms.joinRoom", parts.log, (args) =>
    joinRoom(parts, argsSchema.parse(args ?? {})),
  );
}

async function joinRoom(parts: RoomParts, args: JoinArgs): Promise<boolean> {
  const { target } = parts.connection;
  if (args.again && target) return joinRoom(parts, { hubUrl: target.hubUrl, roomCode: target.roomCode });
  const wanted = args.invite ? await fromInvite(parts, args.invite) : await findRoom(parts, args);
  if (!wanted) return false;
  const nickname = args.nickname ?? (await chooseNickname(parts));
  if (nickname === undefined) return false;
  const given = { ...wanted.given, ...(args.password && { password: args.password }) };
  const unlocked = await unlockRoom(parts, { ...wanted, given });
  return unlocked ? enterRoom(parts, { hubUrl: wanted.hubUrl, nickname, ...unlocked }) : false;
}

async function fromInvite(parts: RoomParts, invite: Invite): Promise<RoomWanted | undefined> {
  const { hubUrl, roomCode, ...given } = invite;
  return (await confirmInvite(parts, invite)) ? { hubUrl, roomCode, given } : undefined;
}

export interface EnterRoom {
  readonly hubUrl: string;
  readonly room: RoomSummary;
  readonly nickname: string;
  /** Known to be right. */
  readonly keys: RoomKeys;
}

/** Joins a room that was found, and remembers for the next time what has proved right. */
export async function enterRoom(parts: RoomParts, entry: EnterRoom): Promise<boolean> {
  const { hubUrl, room, nickname, keys } = entry;
  const target = { hubUrl, roomCode: room.code, nickname };
  // With a new key into the same room: what is shared there goes on.
  const isSame = isSameRoom(target, parts.connection.target);
  if (!isSame && !(await parts.endSharing(`Join ${toRowText(room.name)}?`))) return false;
  // Before the join: whoever sees the joined room may share in it at once.
  await parts.secrets.remember(hubUrl, room.code, keys);
  if (!(await parts.connection.join(target))) return false;
  await parts.memory.rememberJoined(target);
  await parts.settings.hubUrl.remember(hubUrl, parts.log);
  await parts.settings.roomCode.remember(room.code, parts.log);
  await parts.settings.nickname.remember(nickname, parts.log);
  parts.log.info(`Joined room ${room.code} at ${hubUrl}.`);
  return true;
}

/** Goes between hub and room until both are found; undefined where the user pressed Esc, or hosts a room instead. */
async function findRoom(parts: RoomParts, args: JoinArgs): Promise<RoomWanted | undefined> {
  const { access, settings } = parts;
  if (args.hubUrl !== undefined && args.roomCode !== undefined) {
    const { hubUrl } = await access.openHub(args.hubUrl);
    return { hubUrl, roomCode: normaliseRoomCode(args.roomCode), given: {} };
  }
  let hubUrl = args.hubUrl ?? (settings.hubUrl.isSet && !args.askHub ? settings.hubUrl.value : undefined);
  let problem: string | undefined;
  for (;;) {
    const answer = hubUrl ?? (await chooseHub(parts, problem));
    if (answer === undefined) return undefined;
    if (typeof answer === "object") return fromInvite(parts, answer);
    hubUrl = answer;
    try {
      const picked = await pickRoom(await openKnownHub(parts, hubUrl), settings.roomCode.value);
      if (picked?.kind === "invite") return fromInvite(parts, picked.invite);
      if (picked?.kind === "room") return { hubUrl, roomCode: picked.roomCode, given: {} };
      if (picked?.kind === "host") await vscode.commands.executeCommand("llmRooms.hostRoom", { hubUrl });
      if (picked?.kind !== "changeHub") return undefined;
      problem = undefined;
    } catch (error) {
      if (!(error instanceof HumanError)) throw error;
      problem = `${error.message} ${error.hint}`;
    }
    hubUrl = undefined;
  }
}

/** Where a hub did not answer, or was mistyped, its address is asked for again, beside what was wrong. */
async function chooseHub(
  parts: RoomParts,
  problem: string | undefined,
): Promise<string | Invite | undefined> {
  const picked = problem === undefined ? await pickHub(parts) : { typed: "" };
  if (!picked || "hubUrl" in picked) return picked?.hubUrl;
  return askHub(parts, picked.typed || parts.settings.hubUrl.value, problem);
}

/** With the key of the room that was joined last, so that it is listed too. */
async function openKnownHub({ access, secrets, settings }: RoomParts, hubUrl: string): Promise<HubClient> {
  const { memberToken, fingerprint } = await secrets.keys(hubUrl, settings.roomCode.value);
  return access.openHub(hubUrl, { token: memberToken, fingerprint });
}

/** The nickname of the settings, else one that is asked for. */
export async function chooseNickname({ settings }: RoomParts): Promise<string | undefined> {
  if (settings.nickname.value) return settings.nickname.value;
  return askText({
    title: "Join Room: Nickname",
    prompt: "What teammates see of you",
    value: defaultNickname(),
    accept: (text) => {
      if (!text) throw new HumanError("INVALID_INPUT", "A nickname is needed.", "Any short name will do.");
      return textRule(text, "nickname");
    },
  });
}
