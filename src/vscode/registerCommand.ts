import * as vscode from "vscode";
import { reportError } from "./showError";

/** Registers a command whose errors are shown to the person who ran it, whatever they are. */
export function registerCommand(
  id: string,
  log: vscode.LogOutputChannel,
  run: (...args: unknown[]) => unknown,
): vscode.Disposable {
  return vscode.commands.registerCommand(id, async (...args: unknown[]) => {
    try {
      return await run(...args);
    } catch (error) {
      // Not awaited: a command is over when it failed, not when its message was closed.
      reportError(error, log);
      return undefined;
    }
  });
}
