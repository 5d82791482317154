import * as vscode from "vscode";
import { HumanError } from "../../common/humanError";
import type { ProviderInfo } from "../../participant/provider";
import { escapeIcons, toOneLine } from "../views/plainText";

/** Picks models of those that the provider really offers; undefined where the user pressed Esc. */
export async function pickModels(
  provider: ProviderInfo,
  isShared: (model: string) => boolean,
  lastModel: string,
): Promise<readonly string[] | undefined> {
  const models = provider.models.filter((model) => !isShared(model));
  if (models.length === 0) throw nothingToShare(provider);
  const choices = models.map((model) => ({
    label: escapeIcons(toOneLine(model)),
    picked: model === lastModel || models.length === 1,
    model,
  }));
  for (
    let placeHolder = "Tick one model or several";
    ;
    placeHolder = "Nothing is ticked: tick a model first"
  ) {
    const items = await vscode.window.showQuickPick(choices, {
      title: `Share Model: ${toOneLine(provider.name)}`,
      placeHolder,
      canPickMany: true,
      ignoreFocusOut: true,
    });
    if (!items) return undefined;
    if (items.length > 0) return items.map((item) => item.model);
  }
}

function nothingToShare({ name, models }: ProviderInfo): HumanError {
  if (models.length > 0) {
    return new HumanError("MODEL_NOT_FOUND", `You share every model of ${name}.`, "Choose another provider.");
  }
  return new HumanError(
    "MODEL_NOT_FOUND",
    `${name} has no model.`,
    "Install one there, or choose another provider.",
  );
}
