import * as vscode from "vscode";
import { HumanError } from "../common/humanError";
import { type ErrorAction, errorActions } from "./errorActions";
import { showFailure } from "./showMessage";

/**
 * Tells a person what went wrong, with buttons that help; `first` goes before the usual ones. What is no HumanError is
 * a bug: its stack goes to the log, one generic line to the person. Resolves when the message is closed.
 */
async function showError(
  error: unknown,
  log: vscode.LogOutputChannel,
  ...first: readonly ErrorAction[]
): Promise<void> {
  if (!(error instanceof HumanError)) log.error(error instanceof Error ? error : String(error));
  else log.warn(`${error.code}: ${error.message}`);
  const text =
    error instanceof HumanError
      ? `${error.message} ${error.hint}`
      : "LLM Rooms met an error that it did not expect. The log has the details.";
  const usual = error instanceof HumanError ? errorActions(error.code) : errorActions("STREAM_BROKEN");
  const actions = [...first, ...usual];
  const title = await showFailure(text, ...actions.map((action) => action.title));
  const chosen = actions.find((action) => action.title === title);
  if (chosen) await vscode.commands.executeCommand(chosen.command, ...(chosen.args ?? []));
}

/** The same for whoever has nothing to wait for. */
export function reportError(error: unknown, log: vscode.LogOutputChannel): void {
  showError(error, log).then(undefined, (reason) => log.error(reason));
}
