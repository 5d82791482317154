import * as vscode from "vscode";
import type { TargetOption } from "../../protocol/panel";
import { showInformation } from "../showMessage";
import { escapeIcons } from "../views/plainText";
import { type ConversationState, titleOf } from "./conversationState";
import { targetItem } from "./targetItem";

/** Lets the user pick whom to ask; undefined where nobody was picked, or nobody is there (which is then said). */
export async function pickTarget(
  options: readonly TargetOption[],
  title: string,
  remark: string | undefined,
): Promise<TargetOption | undefined> {
  if (options.length === 0) {
    void showInformation("Nobody else shares a model in this room at the moment.");
    return undefined;
  }
  const items = options.map(targetItem);
  const picked = await vscode.window.showQuickPick(items, {
    title,
    placeHolder: remark ?? "A participant, or any that is free",
    matchOnDescription: true,
  });
  return picked?.option;
}

/** Lets the user pick an earlier conversation; returns its id. */
export async function pickConversation(
  history: readonly ConversationState[],
  currentId: string,
): Promise<string | undefined> {
  if (history.length === 0) {
    void showInformation("There are no conversations in this workspace yet.");
    return undefined;
  }
  const items = history.map((state) => ({
    label: escapeIcons(titleOf(state)),
    description: state.id === currentId ? "current" : new Date(state.updatedAt).toLocaleString(),
    id: state.id,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Conversations in this workspace" });
  return picked?.id;
}
