import * as vscode from "vscode";
import { HumanError } from "../../common/humanError";
import { normaliseRoomCode } from "../../protocol/room";
import { showInformation } from "../showMessage";
import { toOneLine } from "../views/plainText";
import { isSameRoom } from "./isSameRoom";
import type { RoomParts } from "./roomParts";
import { sharedAtOnce } from "./sharedAtOnce";

/** Offers the room that a trusted workspace proposes, once; nothing connects before the user said yes. */
export function registerWorkspaceRoom(parts: RoomParts): vscode.Disposable {
  const offerNow = () => void offer(parts).catch((error) => parts.log.error(error));
  offerNow();
  return vscode.Disposable.from(
    vscode.workspace.onDidGrantWorkspaceTrust(offerNow),
    parts.settings.workspaceRoom.onDidChange(offerNow) as vscode.Disposable,
  );
}

async function offer({ settings, memory, connection, log }: RoomParts): Promise<void> {
  if (!vscode.workspace.isTrusted) return;
  const room = readProposal(settings, log);
  if (!room || memory.wasAsked(room.hubUrl, room.roomCode)) return;
  // The one that the window is in, or at its start comes back to, is no news.
  const { room: remembered } = memory;
  const present = connection.target ?? (remembered?.state === "joined" ? remembered.target : undefined);
  if (isSameRoom(present, { ...room, roomCode: normaliseRoomCode(room.roomCode) })) return;
  // Before asking: the answer "not now" and a closed message count as answers too.
  await memory.rememberAsked(room.hubUrl, room.roomCode);
  const join = "Join Room";
  const shared = sharedAtOnce(settings);
  const answer = await showInformation(
    `This workspace proposes the room ${toOneLine(room.roomCode)} at ${toOneLine(room.hubUrl)}. Join it?${shared ? ` ${shared}` : ""}`,
    join,
    "Not Now",
  );
  if (answer === join) await vscode.commands.executeCommand("llmRooms.joinRoom", room);
}

function readProposal(settings: RoomParts["settings"], log: vscode.LogOutputChannel) {
  try {
    return settings.workspaceRoom.value;
  } catch (error) {
    // A workspace's mistake is no reason to interrupt whoever opens it.
    if (error instanceof HumanError) log.warn(error.message);
    return undefined;
  }
}
