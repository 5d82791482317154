import * as vscode from "vscode";
import type { FoundHub } from "../../client/discoverHubs";
import { DisposableStore } from "../../common/disposable";
import { typedBeside } from "../pickItem";
import { escapeIcons } from "../views/plainText";
import type { RoomParts } from "./roomParts";

type HubItem = vscode.QuickPickItem & { readonly hubUrl?: string };

const typeIt: HubItem = {
  label: "Enter an address, or paste an invite link…",
  iconPath: new vscode.ThemeIcon("edit"),
  // Also for what is pasted here at once.
  alwaysShow: true,
};
const found: HubItem = { label: "announced in this network", kind: vscode.QuickPickItemKind.Separator };

type PickedHub = { readonly hubUrl: string } | { readonly typed: string };

/**
 * Offers the hubs that are announced in the local network as they are found. `typed` where the user types one, with what was
 * typed so far, at once where nothing is looked for; undefined after Esc. Nothing is joined or called: anybody can announce
 * anything.
 */
export async function pickHub({ access, log }: RoomParts): Promise<PickedHub | undefined> {
  const discover = await access.discoverHubs();
  if (!discover) return { typed: "" };
  return new Promise((resolve) => {
    const closed = new AbortController();
    const store = new DisposableStore();
    const pick = store.add(vscode.window.createQuickPick<HubItem>());
    const finish = (result: PickedHub | undefined) => {
      resolve(result);
      closed.abort();
      store.dispose();
    };
    Object.assign(pick, {
      title: "Join Room: Hub",
      placeholder: "Choose your team's hub",
      matchOnDescription: true,
      ignoreFocusOut: true,
      keepScrollPosition: true,
      busy: true,
      items: [typeIt],
    });
    const onFound = (hub: FoundHub) => {
      if (closed.signal.aborted) return;
      const [active] = pick.activeItems;
      pick.items = [...pick.items, ...(pick.items.includes(found) ? [] : [found]), hubItem(hub)];
      if (active) pick.activeItems = [active];
    };
    discover(onFound, closed.signal).then(
      () => (pick.busy = false),
      (error: unknown) => {
        if (closed.signal.aborted) return;
        pick.busy = false;
        log.warn(`Looking for hubs: ${error instanceof Error ? error.message : String(error)}`);
      },
    );
    store.add(
      pick.onDidAccept(() => {
        const [item] = pick.selectedItems;
        if (!item) return;
        const { hubUrl } = item;
        finish(hubUrl === undefined ? { typed: typedBeside(item, pick.value) } : { hubUrl });
      }),
    );
    store.add(pick.onDidHide(() => finish(undefined)));
    pick.show();
  });
}

function hubItem({ name, hubUrl, service }: FoundHub): HubItem {
  const isTls = hubUrl.startsWith("https:");
  const how = isTls ? "encrypted: its invite link is needed the first time" : "not encrypted";
  return {
    label: escapeIcons(name),
    description: hubUrl,
    detail: service === "gambi" ? `A Gambi hub, ${how}` : how,
    iconPath: new vscode.ThemeIcon(isTls ? "lock" : "server"),
    hubUrl,
  };
}
