import type * as vscode from "vscode";
import type { RoomConnection } from "../room/roomConnection";
import type { Shares } from "../sharing/shares";

/** What everything that only shows the room reads. */
export interface ViewParts {
  readonly log: vscode.LogOutputChannel;
  readonly connection: RoomConnection;
  readonly shares: Shares;
  readonly isMine: (participantId: string) => boolean;
}
