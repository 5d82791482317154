import assert from "node:assert/strict";
import { hubAccess, openSession } from "../../src/vscode/networkAccess";
import { RoomConnection } from "../../src/vscode/room/roomConnection";
import { ProviderKeys } from "../../src/vscode/sharing/providerKeys";
import { ShareMemory } from "../../src/vscode/sharing/shareMemory";
import { Shares } from "../../src/vscode/sharing/shares";
import type { SharingParts } from "../../src/vscode/sharing/sharingParts";
import { MementoMap } from "../support/mementoMap";
import { RecordedLog } from "../support/recordedLog";
import { SecretsMap } from "../support/secretsMap";

/** What a window shares models with, but for VS Code's settings. @param readKey instead of the secret storage */
export function windowParts(readKey: SecretsMap["get"] = async () => undefined) {
  const secrets = new SecretsMap();
  const context = { globalState: new MementoMap(), workspaceState: new MementoMap(), secrets };
  const settings = {
    shareGeneration: {},
    shareSpecs: { value: [] },
    shareMaxConcurrent: { value: 1 },
    shareMaxTokens: { value: undefined },
    shareOnStartup: { value: false },
  };
  const log = new RecordedLog();
  const parts = {
    context,
    settings,
    log,
    connection: new RoomConnection(hubAccess, async () => ({})),
    shares: new Shares({ openSession, onDidFail: (_, error) => assert.fail(error) }),
    shareMemory: new ShareMemory(context),
    providerKeys: new ProviderKeys({ ...secrets, get: readKey }),
  };
  return { log, parts: parts as unknown as SharingParts };
}
