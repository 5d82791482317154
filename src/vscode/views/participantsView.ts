import * as vscode from "vscode";
import { DisposableStore } from "../../common/disposable";
import { accessText } from "./accessText";
import { lostMessage } from "./lostMessage";
import { ParticipantsTree } from "./participantsTree";
import { toRowText } from "./plainText";
import type { ViewParts } from "./viewParts";

/** The Participants view: its tree, title, message while the hub is lost, and badge while serving. */
export function registerParticipantsView(parts: ViewParts): vscode.Disposable {
  const { connection, shares } = parts;
  const store = new DisposableStore();
  const tree = store.add(new ParticipantsTree(parts));
  const view = store.add(
    vscode.window.createTreeView("llmRooms.participants", { treeDataProvider: tree, showCollapseAll: false }),
  );
  const showState = () => {
    const { state } = connection;
    view.description = description(parts);
    const phase = state.state === "joined" ? state.room.phase : undefined;
    view.message = phase?.state === "lost" ? lostMessage(phase.error) : undefined;
  };
  const showServing = () => {
    const count = shares.serving;
    const requests = count === 1 ? "1 request" : `${count} requests`;
    view.badge = count === 0 ? undefined : { value: count, tooltip: `Serving ${requests}` };
  };
  showState();
  showServing();
  store.add(connection.onDidChangeState(showState));
  store.add(shares.onDidChange(showServing));
  return new vscode.Disposable(() => store.dispose());
}

/** Beside the view's title: which room, or which hub it could not be reached at. */
function description({ connection }: ViewParts): string | undefined {
  const { state } = connection;
  switch (state.state) {
    case "left":
      return undefined;
    case "connecting":
      return state.roomCode;
    case "failed":
      return `${state.roomCode} at ${new URL(state.hubUrl).host}`;
    case "joined":
      return [toRowText(state.room.room.name), accessText(state.room.room.access)]
        .filter(Boolean)
        .join(" · ");
    default:
      return state satisfies never;
  }
}
