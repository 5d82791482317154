import * as vscode from "vscode";
import { hubUrlFor, paths } from "../../protocol/paths";
import { registerCommand } from "../registerCommand";
import type { RoomParts } from "./roomParts";

/** "Copy Room Code" and "Copy OpenAI Endpoint": what a teammate, or any OpenAI client, needs of the room. */
export function registerCopyRoom(parts: RoomParts): vscode.Disposable {
  const copy = (id: string, what: string, text: (hubUrl: string, roomCode: string) => string) =>
    registerCommand(id, parts.log, async () => {
      const { target } = parts.connection;
      if (!target) {
        vscode.window.showInformationMessage("You are in no room. Join one first.");
        return;
      }
      await vscode.env.clipboard.writeText(text(target.hubUrl, target.roomCode));
      vscode.window.setStatusBarMessage(`$(copy) ${what} copied`, COPIED_SHOWN_MS);
    });
  return vscode.Disposable.from(
    copy("llmRooms.copyRoomCode", "Room code", (_hubUrl, roomCode) => roomCode),
    copy("llmRooms.copyOpenAiEndpoint", "OpenAI endpoint", (hubUrl, roomCode) =>
      hubUrlFor(hubUrl, paths.inference(roomCode)),
    ),
  );
}

export const COPIED_SHOWN_MS = 3_000;
