import * as vscode from "vscode";
import { contextKeys } from "../contextKeys";
import { registerCommand } from "../registerCommand";
import { menuEntries } from "./menuEntries";
import { toRowText } from "./plainText";
import type { ViewParts } from "./viewParts";

/** What a click on the status bar opens: the commands that can be run now. */
export function registerShowMenu(parts: ViewParts): vscode.Disposable {
  return registerCommand("llmRooms.showMenu", parts.log, async () => {
    const { state } = parts.connection;
    const { lost, closed, sharing, paused, host: isHost, protected: isProtected } = contextKeys(parts);
    const entries = menuEntries({ state: state.state, lost, closed, sharing, paused, isHost, isProtected });
    const title =
      state.state === "joined" ? `${toRowText(state.room.room.name)} (${state.room.room.code})` : "LLM Rooms";
    const chosen = await vscode.window.showQuickPick(entries, { title, placeHolder: "What to do" });
    // Not awaited: a flow that asks on is no longer this menu's.
    if (chosen)
      void vscode.commands.executeCommand(chosen.command).then(undefined, (error) => parts.log.error(error));
  });
}
