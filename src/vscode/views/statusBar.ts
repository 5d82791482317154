import * as vscode from "vscode";
import { DisposableStore } from "../../common/disposable";
import { type StatusBarInput, statusBarText } from "./statusBarText";
import type { ViewParts } from "./viewParts";

/** Left of most others, which show the file: this one shows the window. */
const PRIORITY = 40;

/** The one status bar item; a click opens what can be done now. */
export function registerStatusBar(parts: ViewParts): vscode.Disposable {
  const store = new DisposableStore();
  const item = store.add(
    vscode.window.createStatusBarItem("llmRooms.status", vscode.StatusBarAlignment.Left, PRIORITY),
  );
  item.name = "LLM Rooms";
  item.command = "llmRooms.showMenu";
  const show = () => {
    const { text, tooltip, warning } = statusBarText(statusBarInput(parts));
    item.text = text;
    item.tooltip = tooltip;
    item.accessibilityInformation = { label: `LLM Rooms: ${tooltip.replaceAll("\n", ", ")}`, role: "button" };
    item.backgroundColor = warning ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
  };
  show();
  item.show();
  store.add(parts.connection.onDidChangeState(show));
  store.add(parts.shares.onDidChange(show));
  return new vscode.Disposable(() => store.dispose());
}

function statusBarInput({ connection, shares }: ViewParts): StatusBarInput {
  const { state } = connection;
  if (state.state !== "joined") return state;
  const { room, phase, participants } = state.room;
  return {
    state: "joined",
    roomName: room.name,
    access: room.access,
    isHost: state.isHost,
    roomCode: room.code,
    hubUrl: state.hubUrl,
    available: [...participants.values()].filter(({ status }) => status !== "offline").length,
    serving: shares.serving,
    sharedModels: shares.all.length,
    awayModels: shares.all.filter(({ providerIsAway }) => providerIsAway).length,
    paused: shares.isPaused,
    lost: phase.state === "lost" ? phase.error : undefined,
  };
}
