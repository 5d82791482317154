import * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import { showInformation, showWarning } from "../showMessage";
import { participantIdOf } from "../views/participantIdOf";
import { escapeIcons, toRowText } from "../views/plainText";
import type { SharingParts } from "./sharingParts";
import { askForRelease } from "./windowLock";

interface Stoppable {
  readonly participantId: string;
  readonly model: string;
  readonly elsewhere: boolean;
}

/** "Stop Sharing": one model or all, those that another window of this user shares included. */
export function registerStopSharing(
  parts: SharingParts,
  isMine: (participantId: string) => boolean,
): vscode.Disposable {
  return registerCommand("llmRooms.stopSharing", parts.log, async (argument) => {
    const all = stoppable(parts, isMine);
    const id = participantIdOf(argument);
    const chosen = id === undefined ? await choose(all) : all.filter((each) => each.participantId === id);
    for (const each of chosen ?? []) await stop(parts, each);
  });
}

function stoppable(
  { shares, connection }: SharingParts,
  isMine: (participantId: string) => boolean,
): Stoppable[] {
  const here = shares.all.map(({ participantId, choice }) => ({
    participantId,
    model: choice.model,
    elsewhere: false,
  }));
  const { state } = connection;
  if (state.state !== "joined") return here;
  const elsewhere = [...state.room.participants.values()]
    .filter(({ id, status }) => status !== "offline" && isMine(id) && !shares.get(id))
    .map(({ id, model }) => ({ participantId: id, model, elsewhere: true }));
  return [...here, ...elsewhere];
}

async function choose(all: readonly Stoppable[]): Promise<readonly Stoppable[] | undefined> {
  if (all.length === 0) {
    showInformation("You share no model.");
    return undefined;
  }
  if (all.length === 1) return all;
  const items = [
    { label: "All of them", iconPath: new vscode.ThemeIcon("debug-stop"), chosen: all },
    ...all.map((each) => ({
      label: escapeIcons(toRowText(each.model)),
      ...(each.elsewhere && { description: "in another window of yours" }),
      iconPath: new vscode.ThemeIcon("broadcast"),
      chosen: [each],
    })),
  ];
  const item = await vscode.window.showQuickPick(items, { title: "Stop Sharing" });
  return item?.chosen;
}

async function stop(
  { shares, log }: SharingParts,
  { participantId, model, elsewhere }: Stoppable,
): Promise<void> {
  if (!elsewhere) {
    await shares.stop(participantId);
    log.info(`Stopped sharing ${model}.`);
    return;
  }
  if (await askForRelease({ name: participantId })) return;
  showWarning(`The window that shares ${toRowText(model)} did not stop.`);
}
