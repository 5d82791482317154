import * as vscode from "vscode";
import { showWarning } from "../showMessage";
import { toRowText } from "../views/plainText";
import type { JoinTarget } from "./roomConnection";
import type { RoomParts } from "./roomParts";

/** Says once, beside what the view shows, that somebody ended the user's stay in a room, and forgets what is void with it. */
export function registerRoomEndings(parts: RoomParts): vscode.Disposable {
  const { connection, log } = parts;
  let told: unknown;
  const watching = connection.onDidChangeState((state) => {
    const { target } = connection;
    if (state.state !== "joined" || state.room.phase.state !== "lost") return;
    const { code } = state.room.phase.error;
    // A target is made anew by each join.
    if (told === target || (code !== "ROOM_CLOSED" && code !== "UNAUTHORIZED")) return;
    told = target;
    if (code === "ROOM_CLOSED" && target)
      forgetKeys(parts, target, connection.keys.fingerprint).catch((error) => log.error(error));
    tell(code, state.room.room.name).catch((error) => log.error(error));
  });
  return new vscode.Disposable(() => watching.dispose());
}

/** A closed room's are void for good. Those that were got under another certificate of its hub may be another hub's, and stay. */
async function forgetKeys(
  { secrets }: RoomParts,
  { hubUrl, roomCode }: JoinTarget,
  fingerprint: string | undefined,
): Promise<void> {
  const kept = await secrets.keys(hubUrl, roomCode);
  if (kept.fingerprint === fingerprint) await secrets.forget(hubUrl, roomCode);
}

async function tell(code: "ROOM_CLOSED" | "UNAUTHORIZED", name: string): Promise<void> {
  const closed = code === "ROOM_CLOSED";
  const room = toRowText(name);
  const [again, other, leave] = ["Enter New Key", "Join Another Room", "Leave Room"];
  const chosen = await showWarning(
    closed
      ? `The host closed the room ${room}.`
      : `The room ${room} no longer takes your key: its host changed it, or closed the room.`,
    ...(closed ? [other, leave] : [again, leave]),
  );
  if (chosen === again) await vscode.commands.executeCommand("llmRooms.joinRoom", { again: true });
  if (chosen === other) await vscode.commands.executeCommand("llmRooms.joinRoom");
  if (chosen === leave) await vscode.commands.executeCommand("llmRooms.leaveRoom");
}
