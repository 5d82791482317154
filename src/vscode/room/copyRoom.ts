import * as vscode from "vscode";
import { hubUrlFor, paths } from "../../protocol/paths";
import { registerCommand } from "../registerCommand";
import { showInformation } from "../showMessage";
import type { JoinTarget } from "./roomConnection";
import type { RoomParts } from "./roomParts";

/** "Copy Room Code", "Copy OpenAI Endpoint" and "Copy Room Key": what any OpenAI client needs of the room. */
export function registerCopyRoom(parts: RoomParts): vscode.Disposable {
  const { connection, log } = parts;
  const copy = (id: string, what: string, text: (target: JoinTarget) => string | undefined) =>
    registerCommand(id, log, async () => {
      const { target } = connection;
      const copied = target && text(target);
      if (copied === undefined) {
        const none = target ? "This room needs no key." : "You are in no room. Join one first.";
        showInformation(none);
        return;
      }
      await vscode.env.clipboard.writeText(copied);
      vscode.window.setStatusBarMessage(`$(copy) ${what} copied`, COPIED_SHOWN_MS);
      if (id === endpointCommand && connection.keys.memberToken) offerKey(log);
    });
  return vscode.Disposable.from(
    copy("llmRooms.copyRoomCode", "Room code", ({ roomCode }) => roomCode),
    copy(endpointCommand, "OpenAI endpoint", ({ hubUrl, roomCode }) =>
      hubUrlFor(hubUrl, paths.inference(roomCode)),
    ),
    copy("llmRooms.copyRoomKey", "Room key", () => connection.keys.memberToken),
  );
}

const endpointCommand = "llmRooms.copyOpenAiEndpoint";

/** Not awaited: the message may stay as long as it likes. */
function offerKey(log: vscode.LogOutputChannel): void {
  const button = "Copy Room Key";
  showInformation("Endpoint copied. The room is protected: its key is the client's API key.", button)
    .then((chosen) => chosen === button && vscode.commands.executeCommand("llmRooms.copyRoomKey"))
    .then(undefined, (error) => log.error(error));
}

export const COPIED_SHOWN_MS = 3_000;
