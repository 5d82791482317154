import type * as vscode from "vscode";
import { registerCommand } from "./registerCommand";

/** "Show Log" */
export function registerShowLog(log: vscode.LogOutputChannel): vscode.Disposable {
  return registerCommand("llmRooms.showLog", log, () => log.show());
}
