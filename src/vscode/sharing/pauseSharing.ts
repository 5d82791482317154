import * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import { showInformation } from "../showMessage";
import type { SharingParts } from "./sharingParts";

/** "Pause Sharing" and "Resume Sharing": while paused, the models are listed and take no new request. */
export function registerPauseSharing({ shares, log }: SharingParts): vscode.Disposable {
  const set = (id: string, paused: boolean) =>
    registerCommand(id, log, () => {
      if (shares.all.length === 0) showInformation("You share no model.");
      else if (shares.isPaused !== paused) shares.setPaused(paused);
    });
  return vscode.Disposable.from(set("llmRooms.pauseSharing", true), set("llmRooms.resumeSharing", false));
}
