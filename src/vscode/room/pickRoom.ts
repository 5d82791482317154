import * as vscode from "vscode";
import type { HubClient } from "../../client/hubClient";
import { HumanError } from "../../common/humanError";
import { type Invite, looksLikeInvite } from "../../protocol/invite";
import type { RoomSummary } from "../../protocol/room";
import { normaliseRoomCode } from "../../protocol/room";
import { askText } from "../askText";
import { pickItem } from "../pickItem";
import { escapeIcons, toRowText } from "../views/plainText";
import { parseInvite } from "./openInvite";

/** What the user wants instead of a room of this hub, or the room. */
export type PickedRoom =
  | { readonly kind: "room"; readonly roomCode: string }
  | { readonly kind: "invite"; readonly invite: Invite }
  | { readonly kind: "changeHub" }
  | { readonly kind: "host" };

type RoomItem = vscode.QuickPickItem & { readonly choice?: PickedRoom | "enterCode" };

/** Picks one of the hub's rooms; undefined where the user pressed Esc. @throws HumanError where the hub does not answer. */
export async function pickRoom(hub: HubClient, lastCode: string): Promise<PickedRoom | undefined> {
  const items = hub.listRooms().then((rooms) => [...roomItems(rooms), ...otherItems(rooms.length)]);
  const picked = await pickItem<RoomItem>({
    title: `Join Room: ${hub.hubUrl}`,
    placeholder: "Choose a room",
    items,
    active: (each) =>
      typeof each.choice === "object" && each.choice.kind === "room" && each.choice.roomCode === lastCode,
  });
  if (picked?.item.choice !== "enterCode") return picked?.item.choice;
  return enterCode(hub, picked.typed || lastCode);
}

function roomItems(rooms: readonly RoomSummary[]): RoomItem[] {
  return rooms.map((room) => ({
    label: escapeIcons(toRowText(room.name)),
    description: `${room.code} · ${room.participantCount === 1 ? "1 model" : `${room.participantCount} models`}`,
    iconPath: new vscode.ThemeIcon(
      room.passwordProtected || room.access === "protected" ? "lock" : "broadcast",
    ),
    choice: { kind: "room", roomCode: room.code },
  }));
}

function otherItems(rooms: number): RoomItem[] {
  return [
    { label: rooms === 0 ? "No open room here" : "", kind: vscode.QuickPickItemKind.Separator },
    {
      label: "Enter a code, or paste an invite link…",
      iconPath: new vscode.ThemeIcon("key"),
      choice: "enterCode",
      // Also for what is pasted here at once.
      alwaysShow: true,
    },
    { label: "Make a room…", iconPath: new vscode.ThemeIcon("add"), choice: { kind: "host" } },
    { label: "Change hub…", iconPath: new vscode.ThemeIcon("server"), choice: { kind: "changeHub" } },
  ];
}

async function enterCode(hub: HubClient, value: string): Promise<PickedRoom | undefined> {
  return askText<PickedRoom>({
    title: "Join Room: Code",
    prompt: "Code of the room, in any case, or an invite link",
    value,
    placeholder: "ABC234",
    accept: async (text, signal) => {
      if (!text) throw new HumanError("INVALID_INPUT", "A room has a code.", "Ask a teammate for it.");
      if (looksLikeInvite(text)) return { kind: "invite", invite: parseInvite(text) };
      const roomCode = normaliseRoomCode(text);
      try {
        await hub.getRoom(roomCode, signal);
      } catch (error) {
        // A protected room does not say whether it is there: its key is asked for next.
        if (!(error instanceof HumanError) || error.code !== "UNAUTHORIZED") throw error;
      }
      return { kind: "room", roomCode };
    },
  });
}
