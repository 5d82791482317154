import type { Answer, EntryView, HostToPage, PageToHost, RoomView } from "../protocol/panel";
import { Announcer } from "./announcer";
import { Composer } from "./composer";
import { button, element, icon } from "./element";
import { answererName, waitingText } from "./format";
import { createHighlighter } from "./markdown/highlighter";
import { createMarkdownRenderer } from "./markdown/renderMarkdown";
import { banner, emptyState } from "./roomNotice";
import { ScrollFollower } from "./scrollFollower";
import { Transcript } from "./transcript";
import type { VsCodeApi } from "./vscodeApi";

/** A screen reader is read so much of an answer; the rest is in its row. */
const MAX_ANNOUNCED_CHARS = 2_000;

/** The page: shows what the host says, tells it what the user does, and decides nothing. */
export class ChatPage {
  readonly #vscode: VsCodeApi;
  readonly #transcript: Transcript;
  readonly #composer: Composer;
  readonly #follower: ScrollFollower;
  readonly #announcer = new Announcer();
  readonly #roomLabel = element("span", { class: "room-label" });
  readonly #empty = element("div", { class: "empty-frame" });
  readonly #banner = element("div", { class: "banner-frame" });
  #room: RoomView = { state: "left" };
  #chatId: string | undefined;
  /** Asked for a snapshot and not got it yet: what comes meanwhile is in it. */
  #isAsking = true;
  /** The answer whose place in a queue a screen reader was told last, and which place. */
  #placeOf: string | undefined;
  #placeSaid: number | undefined;

  constructor(vscode: VsCodeApi, root: HTMLElement) {
    this.#vscode = vscode;
    const post = (message: PageToHost) => vscode.postMessage(message);
    this.#composer = new Composer(post);
    const renderer = createMarkdownRenderer(createHighlighter());
    this.#transcript = new Transcript({ renderer, post, onRender: () => this.#follower.stay() });
    const content = element("main", { class: "content" }, this.#empty, this.#transcript.element);
    const area = element("div", { class: "scroll-area" }, content);
    this.#follower = new ScrollFollower(area, content, () => this.#remember());
    const foot = element(
      "div",
      { class: "foot" },
      this.#follower.jumpButton,
      this.#banner,
      this.#composer.element,
    );
    root.replaceChildren(this.#header(post), area, foot, this.#announcer.element);
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) this.#composer.stop();
    });
    post({ type: "ready" });
  }

  receive(message: HostToPage): void {
    if (message.type === "snapshot") {
      this.#showSnapshot(message);
      return;
    }
    if (this.#isAsking && message.type !== "focus") return;
    switch (message.type) {
      case "room":
        this.#showRoom(message.room);
        break;
      case "entry":
        if (message.chatId === this.#chatId) this.#showEntry(message.entry);
        break;
      case "delta":
        if (message.chatId === this.#chatId && !this.#transcript.append(message.answerId, message))
          this.#askAgain();
        break;
      case "draft":
        this.#composer.show(message.draft);
        break;
      case "target":
        this.#composer.target = message.target;
        break;
      case "notice":
        this.#composer.notify(message.text, message.isError);
        break;
      case "focus":
        this.#composer.focus();
        break;
    }
  }

  #header(post: (message: PageToHost) => void): HTMLElement {
    return element(
      "header",
      { class: "head" },
      this.#roomLabel,
      element("span", { class: "spacer" }),
      button({
        label: "New Chat",
        icon: "add",
        iconOnly: true,
        onClick: () => {
          post({ type: "newChat" });
          this.#composer.focus();
        },
      }),
      button({
        label: "Show Chats…",
        icon: "history",
        iconOnly: true,
        onClick: () => post({ type: "history" }),
      }),
    );
  }

  #showSnapshot({ room, chat, limits }: Extract<HostToPage, { type: "snapshot" }>): void {
    const isOther = chat.id !== this.#chatId;
    this.#isAsking = false;
    this.#chatId = chat.id;
    this.#composer.maxPromptChars = limits.maxPromptChars;
    this.#composer.target = chat.target;
    this.#composer.show(chat.draft);
    this.#transcript.reset(chat.entries);
    this.#composer.isAnswering = this.#transcript.isAnswering;
    if (isOther) this.#composer.notify("", false);
    this.#showRoom(room);
    if (!isOther) return;
    const state = this.#vscode.getState();
    this.#follower.restore(state?.chatId === chat.id ? state.scrollTop : undefined);
    this.#remember();
  }

  #showRoom(room: RoomView): void {
    this.#room = room;
    const isJoined = room.state === "joined";
    this.#composer.options = isJoined ? room.targets : [];
    // Where nobody shares, a prompt would only be spent on an error.
    this.#composer.canSend = isJoined && room.targets.length > 0;
    const name = element("span", { class: "room-name" }, isJoined ? room.name : "LLM Rooms");
    this.#roomLabel.replaceChildren(icon("broadcast"), name);
    this.#showRoomNotice();
  }

  /** The room's state stands in the middle of an empty page, and above the composer of any other. */
  #showRoomNotice(): void {
    const onAction = (action: Extract<PageToHost, { type: "action" }>["action"]) =>
      this.#vscode.postMessage({ type: "action", action });
    const { isEmpty } = this.#transcript;
    this.#empty.hidden = !isEmpty;
    this.#empty.replaceChildren(isEmpty ? emptyState(this.#room, onAction) : "");
    this.#banner.replaceChildren((isEmpty ? undefined : banner(this.#room, onAction)) ?? "");
  }

  #showEntry(entry: EntryView): void {
    const wasEmpty = this.#transcript.isEmpty;
    const wasAnswering = this.#transcript.isAnswering;
    this.#transcript.put(entry);
    if (wasEmpty) this.#showRoomNotice();
    this.#composer.isAnswering = this.#transcript.isAnswering;
    if (entry.kind === "prompt") this.#follower.jump();
    else if (wasAnswering && !this.#transcript.isAnswering) this.#announce(entry);
    else this.#announcePlace(entry);
  }

  /** When it begins to wait, and when it is next: a place at each tick would drown everything else. */
  #announcePlace({ id, who, status }: Answer): void {
    if (status.state !== "waiting" || status.position === undefined) return;
    const isNews = this.#placeOf !== id || status.position === 1;
    if (!isNews || (this.#placeOf === id && this.#placeSaid === status.position)) return;
    this.#placeOf = id;
    this.#placeSaid = status.position;
    this.#announcer.say(waitingText({ who, status }));
  }

  #announce(answer: Answer): void {
    // A failure speaks for itself, as an alert.
    if (answer.status.state === "failed") return;
    const verb = answer.status.state === "done" ? "answered" : "was stopped";
    this.#announcer.say(`${answererName(answer.who)} ${verb}: ${answer.text.slice(0, MAX_ANNOUNCED_CHARS)}`);
  }

  #askAgain(): void {
    this.#isAsking = true;
    this.#vscode.postMessage({ type: "ready" });
  }

  #remember(): void {
    if (this.#chatId === undefined) return;
    this.#vscode.setState({ chatId: this.#chatId, scrollTop: this.#follower.position });
  }
}
