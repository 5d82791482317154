import * as vscode from "vscode";
import { DisposableStore } from "./common/disposable";
import { type ExtensionApi, makeExtensionApi } from "./vscode/extensionApi";
import { hubAccess, openSession } from "./vscode/networkAccess";
import { registerAll } from "./vscode/registerAll";
import { RoomConnection } from "./vscode/room/roomConnection";
import { RoomMemory } from "./vscode/room/roomMemory";
import { RoomSecrets } from "./vscode/room/roomSecrets";
import { Settings } from "./vscode/settings";
import { endSharing } from "./vscode/sharing/endSharing";
import { installId } from "./vscode/sharing/installId";
import { makeIsMine } from "./vscode/sharing/isMine";
import { ProviderKeys } from "./vscode/sharing/providerKeys";
import { ShareMemory } from "./vscode/sharing/shareMemory";
import { Shares } from "./vscode/sharing/shares";
import { reportError } from "./vscode/showError";

/** VS Code calls `deactivate` without telling whose: the only thing that a module of this program holds. */
const running: (() => Promise<void>)[] = [];

/** The composition root: makes the parts, wires them, returns. Only tests get them. */
export function activate(context: vscode.ExtensionContext): ExtensionApi | undefined {
  const store = new DisposableStore();
  const log = store.add(vscode.window.createOutputChannel("LLM Rooms", { log: true }));
  const secrets = new RoomSecrets(context.secrets);
  const connection = store.add(new RoomConnection(hubAccess, (...room) => secrets.keys(...room)));
  const shares = new Shares({
    openSession,
    onDidFail: (_choice, error) => {
      // A room's end is told once, for all that was in it.
      if (error.code === "ROOM_CLOSED") log.info(error.message);
      else reportError(error, log);
    },
  });
  const parts = {
    context,
    log,
    connection,
    shares,
    access: hubAccess,
    settings: new Settings(),
    memory: new RoomMemory(context, vscode.env.sessionId),
    secrets,
    shareMemory: new ShareMemory(context),
    providerKeys: new ProviderKeys(context.secrets),
    isMine: makeIsMine(connection, shares, installId(context.globalState)),
    endSharing: (question: string) => endSharing(shares, question),
    reconnectShares: () => shares.reconnectNow(),
  };
  for (const each of registerAll(parts)) store.add(each);
  running.push(async () => {
    // The memory of what is shared is closed before the shares: a reload brings them back.
    store.dispose();
    await shares.stopAll({ windowEnds: true });
  });
  if (context.extensionMode !== vscode.ExtensionMode.Test) return undefined;
  return makeExtensionApi(parts);
}

/** VS Code waits for it, a few seconds at most: the window's participants leave their room. */
export async function deactivate(): Promise<void> {
  await Promise.all(running.splice(0).map((end) => end()));
}
