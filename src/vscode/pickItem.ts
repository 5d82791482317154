import * as vscode from "vscode";
import { DisposableStore } from "../common/disposable";

export interface PickOptions<Item extends vscode.QuickPickItem> {
  title: string;
  placeholder: string;
  /** Shown at once, busy, until the items are there. */
  items: Promise<readonly Item[]>;
  /** The one that Enter takes. */
  active?: ((item: Item) => boolean) | undefined;
}

/** Picks one of items that may take a moment to find; undefined where the user pressed Esc. Rejects as `items` does. */
export function pickItem<Item extends vscode.QuickPickItem>(
  options: PickOptions<Item>,
): Promise<Item | undefined> {
  return new Promise((resolve, reject) => {
    const store = new DisposableStore();
    const pick = store.add(vscode.window.createQuickPick<Item>());
    pick.title = options.title;
    pick.placeholder = options.placeholder;
    pick.matchOnDescription = true;
    pick.ignoreFocusOut = true;
    pick.busy = true;
    let open = true;
    const finish = () => {
      open = false;
      store.dispose();
    };
    options.items.then(
      (items) => {
        if (!open) return;
        pick.items = items;
        const active = options.active ? items.filter(options.active) : [];
        // None would take the first one's place, and leave Enter nothing to take.
        if (active.length > 0) pick.activeItems = active;
        pick.busy = false;
      },
      (error) => {
        // Rejecting after Esc is harmless: the promise is settled then.
        reject(error);
        finish();
      },
    );
    store.add(
      pick.onDidAccept(() => {
        const [item] = pick.selectedItems;
        if (!item) return;
        resolve(item);
        finish();
      }),
    );
    store.add(
      pick.onDidHide(() => {
        resolve(undefined);
        finish();
      }),
    );
    pick.show();
  });
}
