import type * as vscode from "vscode";
import { registerChat } from "./chat/register";
import { registerContextKeys } from "./contextKeys";
import { registerAutoJoin } from "./room/autoJoin";
import { registerCopyInvite } from "./room/copyInvite";
import { registerCopyRoom } from "./room/copyRoom";
import { registerHostActions } from "./room/hostActions";
import { registerHostRoom } from "./room/hostRoom";
import { registerJoinRoom } from "./room/joinRoom";
import { registerLeaveRoom } from "./room/leaveRoom";
import { registerInviteLinks } from "./room/openInvite";
import { registerRetryConnection } from "./room/retryConnection";
import { registerRoomEndings } from "./room/roomEndings";
import type { RoomParts } from "./room/roomParts";
import { registerWorkspaceRoom } from "./room/workspaceRoom";
import { registerPauseSharing } from "./sharing/pauseSharing";
import { registerRestoreShares } from "./sharing/restoreShares";
import { registerShareModel } from "./sharing/shareModel";
import type { SharingParts } from "./sharing/sharingParts";
import { registerStopSharing } from "./sharing/stopSharing";
import { registerShowLog } from "./showLog";
import { registerCopyModelId } from "./views/copyModelId";
import { registerParticipantsView } from "./views/participantsView";
import { registerSharingView } from "./views/sharingView";
import { registerShowMenu } from "./views/showMenu";
import { registerStatusBar } from "./views/statusBar";
import type { ViewParts } from "./views/viewParts";

export type AllParts = RoomParts & SharingParts & ViewParts;

/** Every feature of the extension; auto-join last, when all that shows a room is there. */
export function registerAll(parts: AllParts): vscode.Disposable[] {
  return [
    registerContextKeys(parts),
    registerParticipantsView(parts),
    registerSharingView(parts),
    registerStatusBar(parts),
    registerShowMenu(parts),
    registerCopyModelId(parts),
    registerShowLog(parts.log),
    registerJoinRoom(parts),
    registerHostRoom(parts),
    registerLeaveRoom(parts),
    registerRetryConnection(parts),
    registerCopyRoom(parts),
    registerCopyInvite(parts),
    registerInviteLinks(parts),
    registerHostActions(parts),
    registerRoomEndings(parts),
    registerShareModel(parts),
    registerStopSharing(parts, parts.isMine),
    registerPauseSharing(parts),
    registerRestoreShares(parts),
    registerChat(parts),
    registerWorkspaceRoom(parts),
    registerAutoJoin(parts),
  ];
}
