import * as vscode from "vscode";
import { z } from "zod";
import { HumanError } from "../../common/humanError";
import type { RoomSummary } from "../../protocol/room";
import { askText } from "../askText";
import { registerCommand } from "../registerCommand";
import { textRule } from "../settingRules";
import { toRowText } from "../views/plainText";
import { askHub } from "./askHub";
import { askPassword } from "./askPassword";
import { defaultNickname } from "./nickname";
import { pickRoom } from "./pickRoom";
import type { RoomParts } from "./roomParts";

/** What a caller of the command may already know; the rest is taken from the settings or asked for. */
const argsSchema = z
  .object({
    askHub: z.boolean(),
    hubUrl: z.string(),
    roomCode: z.string(),
    nickname: z.string(),
    password: z.string(),
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
  const found = await findRoom(parts, args);
  if (!found) return false;
  const nickname = args.nickname ?? (await chooseNickname(parts));
  if (nickname === undefined) return false;
  const { hubUrl, room } = found;
  const password = room.passwordProtected
    ? await askPassword(parts, { hubUrl, room, given: args.password })
    : "";
  if (password === undefined) return false;
  return enterRoom(parts, { hubUrl, room, nickname, password });
}

export interface EnterRoom {
  readonly hubUrl: string;
  readonly room: RoomSummary;
  readonly nickname: string;
  /** Known to be right; empty where the room has none. */
  readonly password: string;
}

/** Joins a room that was found, and remembers for the next time what has proved right. */
export async function enterRoom(parts: RoomParts, entry: EnterRoom): Promise<boolean> {
  const { hubUrl, room, nickname, password } = entry;
  if (!(await parts.endSharing(`Join ${toRowText(room.name)}?`))) return false;
  const target = { hubUrl, roomCode: room.code, nickname };
  // Before the join: whoever sees the joined room may share in it at once.
  if (password) await parts.secrets.remember(hubUrl, room.code, password);
  if (!(await parts.connection.join(target))) return false;
  await parts.memory.rememberJoined(target);
  await parts.settings.hubUrl.remember(hubUrl);
  await parts.settings.roomCode.remember(room.code);
  await parts.settings.nickname.remember(nickname);
  parts.log.info(`Joined room ${room.code} at ${hubUrl}.`);
  return true;
}

/** Goes between hub and room until both are found; undefined where the user pressed Esc, or hosts a room instead. */
async function findRoom(
  parts: RoomParts,
  args: JoinArgs,
): Promise<{ hubUrl: string; room: RoomSummary } | undefined> {
  const { access, settings } = parts;
  if (args.hubUrl !== undefined && args.roomCode !== undefined) {
    const hub = await access.openHub(args.hubUrl);
    return { hubUrl: hub.hubUrl, room: await hub.getRoom(args.roomCode) };
  }
  let hubUrl = args.hubUrl ?? (settings.hubUrl.isSet && !args.askHub ? settings.hubUrl.value : undefined);
  let problem: string | undefined;
  for (;;) {
    hubUrl ??= await askHub(access, settings.hubUrl.value, problem);
    if (hubUrl === undefined) return undefined;
    try {
      const picked = await pickRoom(await access.openHub(hubUrl), settings.roomCode.value);
      if (picked?.kind === "room") return { hubUrl, room: picked.room };
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
