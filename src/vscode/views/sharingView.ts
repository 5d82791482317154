import * as vscode from "vscode";
import { setRepeating, systemClock } from "../../common/clock";
import { type Disposable, DisposableStore } from "../../common/disposable";
import { ServedToday } from "../sharing/servedToday";
import type { SharedModel } from "../sharing/sharedModel";
import { requestRow, sharedText, sharingRow, todayText } from "./sharingRow";
import type { ViewParts } from "./viewParts";

/** How long requests run is shown to the second, ms. */
const TICK_MS = 1_000;
/** Yesterday's totals are shown for no longer, ms. */
const DAY_CHECK_MS = 60_000;

class SharedItem extends vscode.TreeItem {
  constructor(readonly shared: SharedModel) {
    const { choice, participantId, state, serving, served, isPaused, providerIsAway } = shared;
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

/** The Sharing view: this window's models, what each serves now, and what was served today. */
export function registerSharingView(
  parts: ViewParts & { readonly context: vscode.ExtensionContext },
): vscode.Disposable {
  const { shares, log } = parts;
  const servedToday = new ServedToday(parts.context);
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
  const showToday = () => {
    view.description = todayText(servedToday.at(new Date()));
  };
  showToday();
  store.add(
    shares.onDidServe((tokens) => {
      servedToday.add(tokens, new Date()).catch((error) => log.error(error));
      showToday();
    }),
  );
  // For the end of the day.
  store.add(setRepeating(systemClock, showToday, DAY_CHECK_MS));
  store.add(shares.onDidChange(() => changed.fire()));
  store.add(tickWhile(parts, view, () => changed.fire()));
  return new vscode.Disposable(() => store.dispose());
}

function requestItems(shared: SharedModel): vscode.TreeItem[] {
  const { state } = shared;
  if (state.state !== "sharing") return [];
  return state.active.map((request) => {
    const row = requestRow(request, shared.tokensOf(request.requestId), Date.now());
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
