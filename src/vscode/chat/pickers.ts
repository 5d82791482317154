import * as vscode from "vscode";
import type { TargetOption } from "../../protocol/panel";
import { showInformation } from "../showMessage";
import { type ConversationState, titleOf } from "./conversationState";

const iconOf: Record<TargetOption["status"], string> = {
  online: "$(pass)",
  busy: "$(sync)",
  offline: "$(circle-slash)",
};

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
  const items = options.map((option) => ({
    label: `${iconOf[option.status]} ${option.label}${option.isMine ? " (you)" : ""}`,
    description: option.kind === "participant" ? `${option.model} · ${option.status}` : option.detail,
    option,
  }));
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
    label: titleOf(state),
    description: state.id === currentId ? "current" : new Date(state.updatedAt).toLocaleString(),
    id: state.id,
  }));
  const picked = await vscode.window.showQuickPick(items, { title: "Conversations in this workspace" });
  return picked?.id;
}
