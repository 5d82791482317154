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

interface Picked<Item> {
  readonly item: Item;
  /** What stood in the field and was no filter: the item is shown whatever is typed. Else empty. */
  readonly typed: string;
}

/** Picks one of items that may take a moment to find; undefined where the user pressed Esc. Rejects as `items` does. */
export function pickItem<Item extends vscode.QuickPickItem>(
  options: PickOptions<Item>,
): Promise<Picked<Item> | undefined> {
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
        resolve({ item, typed: typedBeside(item, pick.value) });
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

/** A text that only led to the item is not meant for what it asks next. */
export function typedBeside({ label }: vscode.QuickPickItem, value: string): string {
  const text = value.trim();
  return label.toLowerCase().includes(text.toLowerCase()) ? "" : text;
}
