import * as vscode from "vscode";
import { toRowText } from "../views/plainText";
import type { Shares } from "./shares";

/** Asks before models that are shared here stop with the room, and stops them. False: the user stays. */
export async function endSharing(shares: Shares, question: string): Promise<boolean> {
  const { all, serving } = shares;
  if (all.length === 0) return true;
  const models = all.map((shared) => toRowText(shared.choice.model)).join(", ");
  const now =
    serving === 0
      ? ""
      : ` ${serving === 1 ? "A request that runs now ends" : `${serving} requests that run now end`} too.`;
  const button = "Stop Sharing and Leave";
  const detail = `You share ${models} in the room that you leave. That ends.${now}`;
  const answer = await vscode.window.showWarningMessage(question, { modal: true, detail }, button);
  if (answer !== button) return false;
  await shares.stopAll();
  return true;
}
