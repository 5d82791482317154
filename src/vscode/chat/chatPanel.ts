import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../common/disposable";
import { Emitter, type Event } from "../../common/event";
import { type HostToPage, MAX_PROMPT_CHARS, type PageToHost, pageToHostSchema } from "../../protocol/panel";
import { chatHtml } from "./chatHtml";

export const chatViewType = "llmRooms.chat";
const NONCE_BYTES = 16;

/** The page in its tab: posts to it, and parses what it says. It knows no conversation. */
export class ChatPanel implements Disposable {
  readonly #panel: vscode.WebviewPanel;
  readonly #owned = new DisposableStore();
  readonly #received = new Emitter<PageToHost>();
  readonly #shown = new Emitter<void>();
  readonly #hid = new Emitter<void>();
  readonly #closed = new Emitter<void>();
  readonly onDidReceive: Event<PageToHost> = this.#received.event;
  readonly onDidShow: Event<void> = this.#shown.event;
  /** Its tab is behind another: the page is gone until it is shown, and then asks again. */
  readonly onDidHide: Event<void> = this.#hid.event;
  readonly onDidClose: Event<void> = this.#closed.event;

  /** Takes over a panel that VS Code made or restored. */
  constructor(panel: vscode.WebviewPanel, extensionUri: vscode.Uri, log: vscode.LogOutputChannel) {
    this.#panel = panel;
    const root = vscode.Uri.joinPath(extensionUri, "dist", "webview");
    panel.webview.options = { enableScripts: true, localResourceRoots: [root], enableForms: false };
    const icon = (theme: string) => vscode.Uri.joinPath(extensionUri, "media", `chat-${theme}.svg`);
    panel.iconPath = { light: icon("light"), dark: icon("dark") };
    this.#owned.add(panel.onDidDispose(() => this.#closed.fire()));
    let wasVisible = panel.visible;
    this.#owned.add(
      panel.onDidChangeViewState(() => {
        // It also fires where only the focus or the column changed.
        if (panel.visible === wasVisible) return;
        wasVisible = panel.visible;
        (wasVisible ? this.#shown : this.#hid).fire();
      }),
    );
    this.#owned.add(
      panel.webview.onDidReceiveMessage((message: unknown) => {
        const parsed = pageToHostSchema.safeParse(message);
        if (parsed.success) this.#received.fire(parsed.data);
        else log.warn("The chat page sent a message that is not one of ours; it was ignored.");
      }),
    );
    // Last: the page may ask for its snapshot as soon as it has its text.
    panel.webview.html = chatHtml({
      cspSource: panel.webview.cspSource,
      scriptUri: panel.webview.asWebviewUri(vscode.Uri.joinPath(root, "chat.js")).toString(),
      styleUri: panel.webview.asWebviewUri(vscode.Uri.joinPath(root, "chat.css")).toString(),
      nonce: Buffer.from(crypto.getRandomValues(new Uint8Array(NONCE_BYTES))).toString("base64"),
    });
  }

  static create(extensionUri: vscode.Uri, log: vscode.LogOutputChannel): ChatPanel {
    // Beside the code where there is some, so that what is discussed stays in sight. A file that was just opened has its tab
    // before it has an editor.
    const { activeTab } = vscode.window.tabGroups.activeTabGroup;
    const hasCode = vscode.window.activeTextEditor ?? activeTab?.input instanceof vscode.TabInputText;
    const column = hasCode ? vscode.ViewColumn.Beside : vscode.ViewColumn.Active;
    const panel = vscode.window.createWebviewPanel(chatViewType, "Chat", column);
    return new ChatPanel(panel, extensionUri, log);
  }

  /** Shows a message; while the tab is hidden there is no page, and it is dropped. */
  post(message: HostToPage): void {
    if (!this.#panel.visible) return;
    // VS Code tells by `false`, never by an error, that nobody listened; a page that was away asks again.
    void this.#panel.webview.postMessage(message);
  }

  set title(title: string) {
    if (this.#panel.title !== title) this.#panel.title = title;
  }

  reveal(): void {
    this.#panel.reveal();
  }

  dispose(): void {
    this.#owned.dispose();
    this.#received.dispose();
    this.#shown.dispose();
    this.#hid.dispose();
    this.#closed.dispose();
    this.#panel.dispose();
  }
}

export const pageLimits = { maxPromptChars: MAX_PROMPT_CHARS };
