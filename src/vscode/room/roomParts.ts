import type * as vscode from "vscode";
import type { Settings } from "../settings";
import type { HubAccess, RoomConnection } from "./roomConnection";
import type { RoomMemory } from "./roomMemory";
import type { RoomSecrets } from "./roomSecrets";

/** What the commands around a room work with. */
export interface RoomParts {
  readonly context: vscode.ExtensionContext;
  readonly log: vscode.LogOutputChannel;
  readonly settings: Settings;
  readonly connection: RoomConnection;
  readonly access: HubAccess;
  readonly memory: RoomMemory;
  readonly secrets: RoomSecrets;
  /** What is shared and lost the hub tries again at once. */
  readonly reconnectShares: () => void;
  /** Asks before a room is left while models are shared in it, and stops them. False: the user stays. */
  readonly endSharing: (question: string) => Promise<boolean>;
}
