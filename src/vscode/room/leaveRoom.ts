import type * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import { showInformation } from "../showMessage";
import type { RoomParts } from "./roomParts";

/** "Leave Room": also gives up a join that is under way or failed. A room that was left stays left. */
export function registerLeaveRoom(parts: RoomParts): vscode.Disposable {
  return registerCommand("llmRooms.leaveRoom", parts.log, async () => {
    const { target } = parts.connection;
    if (!target) {
      showInformation("You are in no room.");
      return;
    }
    if (!(await parts.endSharing("Leave the room?"))) return;
    parts.connection.leave();
    await parts.memory.rememberLeft(target);
    parts.log.info(`Left room ${target.roomCode}.`);
  });
}
