import * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import { showInformation } from "../showMessage";
import { reviveLocalHub } from "./localHub";
import type { RoomParts } from "./roomParts";

/** "Retry Connection", and the same by itself when the user comes back to a window whose hub is lost. */
export function registerRetryConnection(parts: RoomParts): vscode.Disposable {
  const command = registerCommand("llmRooms.retryConnection", parts.log, async () => {
    const { state, target } = parts.connection;
    if (!target) {
      showInformation("You are in no room. Join one first.");
    } else if (state.state === "joined" && state.room.phase.state === "live") {
      showInformation("The hub is connected.");
    } else {
      await reviveLocalHub(parts, target.hubUrl);
      parts.reconnectShares();
      await parts.connection.reconnectNow();
      // The one that is joined now: meanwhile the user may have gone elsewhere.
      const { connection, memory } = parts;
      if (connection.target && connection.state.state === "joined")
        await memory.rememberJoined(connection.target);
    }
  });
  const focus = vscode.window.onDidChangeWindowState((window) => {
    const { state } = parts.connection;
    if (!window.focused || state.state !== "joined") return;
    parts.reconnectShares();
    parts.connection.reconnectNow().catch((error) => parts.log.error(error));
  });
  return vscode.Disposable.from(command, focus);
}
