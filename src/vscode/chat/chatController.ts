import * as vscode from "vscode";
import { type Disposable, DisposableStore } from "../../common/disposable";
import { HumanError } from "../../common/humanError";
import type { PageToHost, RoomView, Target, TargetOption } from "../../protocol/panel";
import type { RoomConnection } from "../room/roomConnection";
import { showFailure } from "../showMessage";
import { ChatPanel, pageLimits } from "./chatPanel";
import type { ChatChange, ChatSession } from "./chatSession";
import { roomView } from "./chatTargets";
import { lastPrompt, titleOf } from "./conversationState";
import type { EditorAccess } from "./editorAccess";
import { changeMessage, chatView } from "./panelView";
import { pickConversation, pickTarget } from "./pickers";

export interface ChatControllerDeps {
  extensionUri: vscode.Uri;
  session: ChatSession;
  editors: EditorAccess;
  connection: RoomConnection;
  isMine: (participantId: string) => boolean;
  newId: () => string;
  log: vscode.LogOutputChannel;
  reportBug: (error: unknown) => void;
}

type Action = Extract<PageToHost, { type: "action" }>["action"];
const commandOf: Record<Action, readonly [command: string, ...args: unknown[]]> = {
  joinRoom: ["llmRooms.joinRoom"],
  enterKey: ["llmRooms.joinRoom", { again: true }],
  hostRoom: ["llmRooms.hostRoom"],
  shareModel: ["llmRooms.shareModel"],
  retryConnection: ["llmRooms.retryConnection"],
  showLog: ["llmRooms.showLog"],
};

/** Between the page, the conversations, the room and the editors: each message and each change goes where it belongs. */
export class ChatController implements Disposable {
  readonly #deps: ChatControllerDeps;
  readonly #owned = new DisposableStore();
  #panel: ChatPanel | undefined;
  /** Counts the host's own changes of the draft: the page's typing is not overwritten by an older echo. */
  #draftRevision = 0;
  #focusWhenReady = false;

  constructor(deps: ChatControllerDeps) {
    this.#deps = deps;
    this.#owned.add(deps.session.onDidChange((change) => this.#onChange(change)));
    this.#owned.add(
      deps.connection.onDidChangeState(() => this.#panel?.post({ type: "room", room: this.#room() })),
    );
  }

  /** Shows the chat, in a new tab where there is none, with the cursor in the composer. */
  open(): void {
    this.#focusWhenReady = true;
    if (!this.#panel) {
      this.#follow(ChatPanel.create(this.#deps.extensionUri, this.#deps.log));
      return;
    }
    this.#panel.reveal();
    this.#panel.post({ type: "focus" });
  }

  /** Takes the tab that VS Code restored after a reload. */
  restore(panel: vscode.WebviewPanel): void {
    this.#panel?.dispose();
    this.#follow(new ChatPanel(panel, this.#deps.extensionUri, this.#deps.log));
  }

  /** Opens the chat for somebody; asks whom where `selector` is not given or has left. */
  async chatWith(selector: string | undefined): Promise<void> {
    const options = this.#targets();
    const option =
      options.find((each) => each.selector === selector) ??
      (await pickTarget(
        options,
        "Chat with",
        selector === undefined ? undefined : "That participant has left.",
      ));
    if (!option) return;
    this.#deps.session.current.setTarget(targetOf(option));
    this.open();
  }

  attachSelection(): void {
    this.#attempt(() => {
      this.#deps.session.current.attach(this.#deps.editors.attachment(this.#deps.newId()));
      this.open();
    });
  }

  dispose(): void {
    this.#owned.dispose();
    this.#panel?.dispose();
    this.#panel = undefined;
  }

  #follow(panel: ChatPanel): void {
    this.#panel = panel;
    panel.title = titleOf(this.#deps.session.current.state);
    panel.onDidReceive((message) => this.#attempt(() => this.#handle(message)));
    // A page that was merely covered did not hear what happened meanwhile; a new one asks for itself as well.
    panel.onDidShow(() => this.#postSnapshot());
    panel.onDidHide(() => this.#deps.session.save());
    panel.onDidClose(() => {
      panel.dispose();
      if (this.#panel !== panel) return;
      this.#panel = undefined;
      // Nobody reads on: the participant is free for others. What came is kept, and can be asked for again.
      this.#deps.session.current.stop();
      this.#deps.session.save();
    });
  }

  #onChange(change: ChatChange): void {
    const { current } = this.#deps.session;
    if (change.type === "draft" || change.type === "switched") this.#draftRevision++;
    if (!this.#panel) return;
    if (change.type !== "grown") this.#panel.title = titleOf(current.state);
    if (change.type === "switched" || change.type === "rewritten") {
      this.#postSnapshot();
      return;
    }
    const message = changeMessage(current, change, this.#draftRevision);
    if (message) this.#panel.post(message);
  }

  #postSnapshot(): void {
    const chat = chatView(this.#deps.session.current.state, this.#draftRevision);
    this.#panel?.post({ type: "snapshot", room: this.#room(), chat, limits: pageLimits });
  }

  #handle(message: PageToHost): void | Promise<void> {
    const { session, editors } = this.#deps;
    const { current } = session;
    switch (message.type) {
      case "ready":
        return this.#greet();
      case "draft":
        return current.type(message.text);
      case "send":
        return current.send(message.text);
      case "stop":
        return current.stop();
      case "retry":
        return current.retry();
      case "askAnother":
        return this.#askAnother();
      case "edit":
        return current.edit(message.promptId, message.text);
      case "target":
        return this.#setTarget(message.selector);
      case "attachSelection":
        return current.attach(editors.attachment(this.#deps.newId()));
      case "removeAttachment":
        return current.detach(message.id);
      case "copy":
        return this.#notifyAfter(vscode.env.clipboard.writeText(message.text), "Copied.");
      case "insert":
        return this.#notifyAfter(editors.insert(message.text, message.language));
      case "newFile":
        return editors.newFile(message.text, message.language);
      case "newChat":
        return session.newChat();
      case "history":
        return this.#pickHistory();
      case "action":
        return this.#notifyAfter(vscode.commands.executeCommand(...commandOf[message.action]), "");
    }
  }

  #greet(): void {
    this.#postSnapshot();
    if (this.#focusWhenReady) this.#panel?.post({ type: "focus" });
    this.#focusWhenReady = false;
  }

  async #askAnother(): Promise<void> {
    const { current } = this.#deps.session;
    const prompt = lastPrompt(current.state);
    const answer = current.state.entries.at(-1);
    const asked = answer?.kind === "answer" ? answer.who.participantId : undefined;
    const others = this.#targets().filter(({ selector }) => selector !== asked);
    const option = await pickTarget(others, "Ask the same of", undefined);
    // The conversation may have gone on, or another one may be shown, while the list was open.
    if (!option || this.#deps.session.current !== current || lastPrompt(current.state) !== prompt) return;
    // One that waits in a queue gives its place up; one that has begun is stopped by hand.
    if (current.isWaiting) current.stop();
    current.retry(targetOf(option));
  }

  #setTarget(selector: string): void {
    const option = this.#targets().find((each) => each.selector === selector);
    if (option) this.#deps.session.current.setTarget(targetOf(option));
  }

  async #pickHistory(): Promise<void> {
    const { session } = this.#deps;
    const id = await pickConversation(session.history, session.current.state.id);
    if (id !== undefined) session.open(id);
  }

  #room(): RoomView {
    return roomView(this.#deps.connection.state, this.#deps.isMine);
  }

  #targets(): readonly TargetOption[] {
    const room = this.#room();
    return room.state === "joined" ? room.targets : [];
  }

  async #notifyAfter(work: Thenable<unknown>, text?: string): Promise<void> {
    const result = await work;
    const said = text ?? (typeof result === "string" ? result : "");
    if (said !== "") this.#panel?.post({ type: "notice", text: said, isError: false });
  }

  /** What goes wrong is shown beside the composer; without a panel, as VS Code shows errors. */
  #attempt(work: () => void | Promise<void>): void {
    const onError = (error: unknown) => {
      const known = error instanceof HumanError;
      if (!known) this.#deps.reportBug(error);
      const text = known ? `${error.message} ${error.hint}` : "Something went wrong; the log says more.";
      if (this.#panel) this.#panel.post({ type: "notice", text, isError: true });
      else void showFailure(text);
    };
    try {
      Promise.resolve(work()).catch(onError);
    } catch (error) {
      onError(error);
    }
  }
}

function targetOf({ selector, label }: TargetOption): Target {
  return { selector, label };
}
