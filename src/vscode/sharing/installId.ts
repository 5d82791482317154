import { randomUUID } from "node:crypto";
import type * as vscode from "vscode";

const key = "installId";

/** Random, made once per installation, never shown or sent: participant ids are derived from it. */
export function installId(state: vscode.Memento): string {
  const known = state.get<string>(key);
  if (known) return known;
  const made = randomUUID();
  // The memento answers with it at once; that it could not be written costs no more than new ids after a restart.
  state.update(key, made).then(undefined, () => {});
  return made;
}
