import * as vscode from "vscode";
import { inviteFingerprint } from "../../client/inviteFingerprint";
import { writeInvite } from "../../protocol/invite";
import { registerCommand } from "../registerCommand";
import { showInformation, showWarning } from "../showMessage";
import { lanAddress } from "./lanAddress";
import type { RoomParts } from "./roomParts";

/** "Copy Invite Link": all that a teammate needs, in one link; whoever is in the room can make it. */
export function registerCopyInvite(parts: RoomParts): vscode.Disposable {
  return registerCommand("llmRooms.copyInvite", parts.log, async () => {
    const { target, state, keys } = parts.connection;
    if (!target || state.state !== "joined") {
      showInformation("You are in no room. Join one first.");
      return;
    }
    const isProtected = state.room.room.access === "protected";
    if (isProtected && !keys.memberToken) {
      showWarning(
        "This window knows no key of the room that it could hand on. Ask its host for an invite link.",
      );
      return;
    }
    const reach = await inviteHub(target.hubUrl);
    const { memberToken } = keys;
    const { roomCode } = target;
    const fingerprint = await inviteFingerprint(reach.hubUrl, keys.fingerprint);
    const invite = { hubUrl: reach.hubUrl, roomCode, fingerprint, ...(isProtected && { memberToken }) };
    await vscode.env.clipboard.writeText(writeInvite(invite, vscode.env.uriScheme));
    const holder = isProtected
      ? "Whoever has it can come into the room: send it to teammates only."
      : "The room is open: whoever reaches the hub can come in.";
    // Not awaited: the message may stay as long as it likes.
    showInformation(`Invite link copied. ${holder}${reach.warning}`);
  });
}

/** The hub as teammates reach it. */
async function inviteHub(hubUrl: string): Promise<{ hubUrl: string; warning: string }> {
  const lan = await lanAddress(hubUrl);
  if (lan) return { hubUrl: lan, warning: "" };
  const { hostname } = new URL(hubUrl);
  const isHere = ["127.0.0.1", "localhost", "[::1]"].includes(hostname);
  return { hubUrl, warning: isHere ? " It works on this machine only, as its hub does." : "" };
}
