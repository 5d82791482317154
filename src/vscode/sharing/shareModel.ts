import * as vscode from "vscode";
import { registerCommand } from "../registerCommand";
import type { JoinTarget } from "../room/roomConnection";
import { showWarning } from "../showMessage";
import { toRowText } from "../views/plainText";
import { confirmText } from "./confirmText";
import { pickModels } from "./pickModels";
import { pickProvider } from "./pickProvider";
import type { ShareChoice } from "./shareChoice";
import type { SharingParts } from "./sharingParts";
import { checkIsIn, choiceId, notJoined, readShownSpecs, startSharing } from "./startSharing";
import { askForRelease } from "./windowLock";

/** "Share Model": provider, models, and a confirmation of what teammates can do and see. Resolves to whether it shares. */
export function registerShareModel(parts: SharingParts): vscode.Disposable {
  return registerCommand("llmRooms.shareModel", parts.log, () => shareModel(parts));
}

async function shareModel(parts: SharingParts): Promise<boolean> {
  const { connection, shares, settings } = parts;
  const { target } = connection;
  if (!target || connection.state.state !== "joined") throw notJoined();
  const provider = await pickProvider(parts);
  if (!provider) return false;
  const toChoice = (model: string) => ({ endpoint: provider.endpoint, model, providerName: provider.name });
  const isShared = (model: string) => shares.get(choiceId(parts, target, toChoice(model))) !== undefined;
  const models = await pickModels(provider, isShared, settings.shareModel.value);
  if (!models) return false;
  return confirmAndShare(parts, models.map(toChoice));
}

async function confirmAndShare(parts: SharingParts, choices: readonly ShareChoice[]): Promise<boolean> {
  const { connection, settings, shareMemory } = parts;
  const specs = await readShownSpecs(parts);
  const { state, target } = connection;
  const [first] = choices;
  if (state.state !== "joined" || !target || !first) throw notJoined();
  const { title, detail, button } = confirmText({
    choices,
    nickname: target.nickname,
    roomName: state.room.room.name,
    specs,
    generation: settings.shareGeneration,
    capacity: settings.shareMaxConcurrent.value,
  });
  const answer = await vscode.window.showInformationMessage(title, { modal: true, detail }, button);
  if (answer !== button) return false;
  await shareMemory.rememberConfirmed(choices);
  for (const choice of choices) {
    await shareHere(parts, target, choice, () =>
      showingProgress(() => startSharing(parts, target, choice, specs)),
    );
  }
  await settings.shareEndpoint.remember(first.endpoint, parts.log);
  await settings.shareModel.remember(first.model, parts.log);
  return true;
}

function showingProgress<T>(work: () => Promise<T>): Thenable<T> {
  return vscode.window.withProgress({ location: { viewId: "llmRooms.participants" } }, work);
}

/** Where another window of this user shares it, asks which of the two shall. */
async function shareHere(
  parts: SharingParts,
  room: JoinTarget,
  choice: ShareChoice,
  start: () => Thenable<"shared" | "elsewhere">,
): Promise<void> {
  if ((await start()) === "shared") return;
  const move = "Share It Here Instead";
  const answer = await showWarning(
    `Another window of yours is sharing ${toRowText(choice.model)} in this room.`,
    move,
  );
  if (answer !== move) return;
  // The message may have stood there for hours.
  checkIsIn(parts, room);
  const isFree = await askForRelease({ name: choiceId(parts, room, choice) });
  if (!isFree || (await start()) !== "shared") {
    showWarning(`The other window goes on sharing ${toRowText(choice.model)}.`);
  }
}
