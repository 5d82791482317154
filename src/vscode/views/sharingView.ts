import * as vscode from "vscode";
import { setRepeating, systemClock } from "../../common/clock";
import { type Disposable, DisposableStore } from "../../common/disposable";
import type { SharedModel } from "../sharing/sharedModel";
import { requestRow, sharedText, sharingRow } from "./sharingRow";
import type { ViewParts } from "./viewParts";

/** How long requests run is shown to the second, ms. */
const TICK_MS = 1_000;

class SharedItem extends vscode.TreeItem {
  constructor(readonly shared: SharedModel) {
    const { choice, participantId, state, serving, served, isPaused } = shared;
    const providerIsAway = state.state === "reconnecting" && state.error.code === "PROVIDER_UNREACHABLE";
    const row = sharingRow({
      ...choice,
      state: state.state,
      providerIsAway,
      paused: isPaused,
      serving,
      served,
    });
    const { Expanded, None } = vscode.TreeItemCollapsibleState;
    super(row.label, serving > 0 ? Expanded : None);
    // VS Code remembers by id that a row was collapsed, when it had nothing to expand.
    this.id = serving > 0 ? `${participantId} serving` : participantId;
    this.description = row.description;
    this.iconPath = new vscode.ThemeIcon(row.icon.id, new vscode.ThemeColor(row.icon.color));
    this.contextValue = row.contextValue;
    this.accessibilityInformation = { label: `${row.label}, ${row.description}` };
    if (state.state === "sharing")
      this.tooltip = sharedText(choice.model, choice.endpoint, state.since, Date.now());
    if (state.state === "reconnecting") this.tooltip = `${state.error.message} ${state.error.hint}`;
  }

  get participantId(): string {
    return this.shared.participantId;
  }
}

type SharingItem = SharedItem | vscode.TreeItem;

/** The Sharing view: this window's models, and what each serves now. */
export function registerSharingView(parts: ViewParts): vscode.Disposable {
  const { shares } = parts;
  const store = new DisposableStore();
  const changed = store.add(new vscode.EventEmitter<void>());
  const view = store.add(
    vscode.window.createTreeView<SharingItem>("llmRooms.sharing", {
      treeDataProvider: {
        onDidChangeTreeData: changed.event,
        getTreeItem: (item) => item,
        getChildren: (parent) => {
          if (!parent) return shares.all.map((shared) => new SharedItem(shared));
          return parent instanceof SharedItem ? requestItems(parent.shared) : [];
        },
      },
    }),
  );
  store.add(shares.onDidChange(() => changed.fire()));
  store.add(tickWhile(parts, view, () => changed.fire()));
  return new vscode.Disposable(() => store.dispose());
}

function requestItems({ state }: SharedModel): vscode.TreeItem[] {
  if (state.state !== "sharing") return [];
  return state.active.map((request) => {
    const row = requestRow(request, Date.now());
    const item = new vscode.TreeItem(row.label);
    item.id = request.requestId;
    item.description = row.description;
    item.tooltip = row.tooltip;
    item.iconPath = new vscode.ThemeIcon("arrow-right");
    return item;
  });
}

/** Ticks only while requests run and somebody looks. */
function tickWhile({ shares }: ViewParts, view: vscode.TreeView<unknown>, tick: () => void): Disposable {
  let ticking: Disposable | undefined;
  const update = () => {
    const wanted = view.visible && shares.serving > 0;
    if (wanted) ticking ??= setRepeating(systemClock, tick, TICK_MS);
    if (wanted) return;
    ticking?.dispose();
    ticking = undefined;
  };
  const watching = [view.onDidChangeVisibility(update), shares.onDidChange(update)];
  update();
  return {
    dispose: () => {
      for (const each of watching) each.dispose();
      ticking?.dispose();
    },
  };
}
