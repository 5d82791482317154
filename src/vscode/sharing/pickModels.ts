import * as vscode from "vscode";
import { HumanError } from "../../common/humanError";
import type { ProviderInfo } from "../../participant/provider";
import { escapeIcons, toOneLine } from "../views/plainText";

/** Picks models of those that the provider really offers; undefined where the user pressed Esc or picked none. */
export async function pickModels(
  provider: ProviderInfo,
  isShared: (model: string) => boolean,
  lastModel: string,
): Promise<readonly string[] | undefined> {
  const models = provider.models.filter((model) => !isShared(model));
  if (models.length === 0) throw nothingToShare(provider);
  const items = await vscode.window.showQuickPick(
    models.map((model) => ({
      label: escapeIcons(toOneLine(model)),
      picked: model === lastModel || models.length === 1,
      model,
    })),
    {
      title: `Share Model: ${toOneLine(provider.name)}`,
      placeHolder: "Choose one model or several",
      canPickMany: true,
      ignoreFocusOut: true,
    },
  );
  return items && items.length > 0 ? items.map((item) => item.model) : undefined;
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
