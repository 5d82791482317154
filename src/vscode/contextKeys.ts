import * as vscode from "vscode";
import type { Disposable } from "../common/disposable";
import type { ViewParts } from "./views/viewParts";

/** Keeps the context keys true that menus, welcome contents and keybindings look at. */
export function registerContextKeys(parts: ViewParts): vscode.Disposable {
  const shown = new Map<string, unknown>();
  const update = () => {
    for (const [key, value] of Object.entries(contextKeys(parts))) {
      if (shown.get(key) === value) continue;
      shown.set(key, value);
      vscode.commands
        .executeCommand("setContext", `llmRooms.${key}`, value)
        .then(undefined, (error) => parts.log.error(error));
    }
  };
  update();
  const watching: readonly Disposable[] = [
    parts.connection.onDidChangeState(update),
    parts.shares.onDidChange(update),
  ];
  return vscode.Disposable.from(...watching.map((each) => new vscode.Disposable(() => each.dispose())));
}

export function contextKeys({
  connection,
  shares,
  isMine,
}: Pick<ViewParts, "connection" | "shares" | "isMine">) {
  const { state } = connection;
  const room = state.state === "joined" ? state.room : undefined;
  const closed = room?.phase.state === "lost" && room.phase.error.code === "ROOM_CLOSED";
  const others = [...(room?.participants.values() ?? [])].filter(({ status }) => status !== "offline");
  return {
    state: state.state,
    joined: room !== undefined,
    /** Joined, but the hub has told nothing yet. */
    waiting: room?.phase.state === "connecting",
    lost: room?.phase.state === "lost",
    /** Lost for good: the host closed the room. */
    closed,
    /** The user made the room, which is still there. */
    host: state.state === "joined" && state.isHost && !closed,
    protected: room?.room.access === "protected",
    failure: state.state === "failed" ? state.error.code : undefined,
    sharing: shares.all.length > 0,
    paused: shares.isPaused,
    sharingElsewhere: !closed && others.some(({ id }) => isMine(id) && !shares.get(id)),
  };
}
