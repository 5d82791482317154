import * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import { menuEntries } from "./menuEntries";
import { toRowText } from "./plainText";
import type { ViewParts } from "./viewParts";

/** What a click on the status bar opens: the commands that can be run now. */
export function registerShowMenu(parts: ViewParts): vscode.Disposable {
  return registerCommand("llmRooms.showMenu", parts.log, async () => {
    const { connection, shares } = parts;
    const { state } = connection;
    const entries = menuEntries({
      state: state.state,
      lost: state.state === "joined" && state.room.phase.state === "lost",
      sharing: shares.all.length > 0,
      paused: shares.isPaused,
      isHost: state.state === "joined" && state.isHost,
      isProtected: state.state === "joined" && state.room.room.access === "protected",
    });
    const title =
      state.state === "joined" ? `${toRowText(state.room.room.name)} (${state.room.room.code})` : "LLM Rooms";
    const chosen = await vscode.window.showQuickPick(entries, { title, placeHolder: "What to do" });
    // Not awaited: a flow that asks on is no longer this menu's.
    if (chosen)
      void vscode.commands.executeCommand(chosen.command).then(undefined, (error) => parts.log.error(error));
  });
}
