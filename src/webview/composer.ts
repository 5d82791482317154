import type { DraftView, PageToHost, Target, TargetOption } from "../protocol/panel";
import { button, element, icon } from "./element";
import { attachmentText } from "./format";
import { TargetPicker } from "./targetPicker";
import { growWithContent, isSubmitKey } from "./textInput";

/** A notice of success goes away by itself; an error stays until the next one, ms. */
const NOTICE_MS = 5_000;

/** Where the next prompt is written: text, what is attached, whom it goes to. */
export class Composer {
  readonly element: HTMLElement;
  readonly #post: (message: PageToHost) => void;
  readonly #picker: TargetPicker;
  readonly #input = element("textarea", {
    rows: "1",
    class: "composer-input",
    dir: "auto",
    "aria-label": "Prompt",
    placeholder: "Ask a model in your room",
  });
  readonly #chips = element("div", { class: "chips" });
  readonly #notice = element("div", { class: "notice", role: "status" });
  readonly #send: HTMLButtonElement;
  readonly #stop: HTMLButtonElement;
  #revision: number | undefined;
  #maxPromptChars = Number.POSITIVE_INFINITY;
  #attachments = 0;
  /** Undefined until the host has told of the room; who is faster than that waits for it. */
  #canSend: boolean | undefined;
  #submitsSoon = false;
  #isAnswering = false;
  #wasTooLong = false;
  #draftFrame: number | undefined;
  #noticeTimer: number | undefined;

  constructor(post: (message: PageToHost) => void) {
    this.#post = post;
    this.#picker = new TargetPicker((selector) => post({ type: "target", selector }));
    this.#send = button({
      label: "Send (Enter)",
      icon: "send",
      iconOnly: true,
      class: "icon-button send-button",
      onClick: () => this.#submit(),
    });
    this.#stop = button({
      label: "Stop (Escape)",
      icon: "debug-stop",
      iconOnly: true,
      class: "icon-button stop-button",
      onClick: () => this.stop(),
    });
    const attach = button({
      label: "Attach Selection",
      icon: "attach",
      iconOnly: true,
      onClick: () => post({ type: "attachSelection" }),
    });
    const bar = element(
      "div",
      { class: "composer-bar" },
      this.#picker.element,
      attach,
      element("span", { class: "spacer" }),
      this.#stop,
      this.#send,
    );
    const box = element("div", { class: "composer-box" }, this.#chips, this.#input, bar);
    box.addEventListener("click", ({ target }) => {
      // Between the buttons, too, is where one expects to write.
      if (target === box || target === bar) this.focus();
    });
    this.element = element("div", { class: "composer" }, this.#notice, box);
    this.#listen();
    this.#showButtons();
  }

  focus(): void {
    this.#input.focus();
  }

  set maxPromptChars(maxPromptChars: number) {
    this.#maxPromptChars = maxPromptChars;
  }

  set target(target: Target) {
    this.#picker.target = target;
  }

  set options(options: readonly TargetOption[]) {
    this.#picker.options = options;
  }

  /** Whether there is a room to send to; a draft can be written in any case. */
  set canSend(canSend: boolean) {
    this.#canSend = canSend;
    this.#showButtons();
    if (this.#submitsSoon) this.#submit();
  }

  set isAnswering(isAnswering: boolean) {
    const lostFocus = this.#isAnswering && !isAnswering && document.activeElement === this.#stop;
    this.#isAnswering = isAnswering;
    this.#showButtons();
    if (lostFocus) this.focus();
  }

  /** The host's draft; its text counts only where the host changed it, for the user may be typing on. */
  show(draft: DraftView): void {
    if (draft.revision !== this.#revision) {
      this.#forgetTyping();
      // What was typed before the host told of any draft is new, and comes behind it.
      const typed = this.#revision === undefined ? this.#input.value : "";
      const text = draft.text + typed;
      this.#revision = draft.revision;
      if (this.#input.value !== text) this.#input.value = text;
      growWithContent(this.#input);
      if (typed !== "") this.#postDraftSoon();
    }
    this.#attachments = draft.attachments.length;
    this.#chips.replaceChildren(
      ...draft.attachments.map((attachment) => {
        const name = attachmentText(attachment);
        const remove = button({
          label: `Remove ${name}`,
          icon: "close",
          iconOnly: true,
          onClick: () => {
            this.#post({ type: "removeAttachment", id: attachment.id });
            this.focus();
          },
        });
        return element("span", { class: "chip", title: attachment.path }, icon("file"), name, remove);
      }),
    );
    this.#showButtons();
  }

  notify(text: string, isError: boolean): void {
    window.clearTimeout(this.#noticeTimer);
    this.#notice.textContent = text;
    this.#notice.classList.toggle("is-error", isError);
    if (!isError && text !== "")
      this.#noticeTimer = window.setTimeout(() => this.notify("", false), NOTICE_MS);
  }

  stop(): void {
    if (this.#isAnswering) this.#post({ type: "stop" });
  }

  #listen(): void {
    this.#input.addEventListener("input", () => {
      growWithContent(this.#input);
      this.#showButtons();
      this.#postDraftSoon();
    });
    this.#input.addEventListener("keydown", (event) => {
      if (!isSubmitKey(event)) return;
      event.preventDefault();
      this.#submit();
    });
    // The page goes away without a word when its tab is hidden: the last letters must be with the host by then.
    this.#input.addEventListener("blur", () => this.#postDraft());
    document.addEventListener("visibilitychange", () => this.#postDraft());
  }

  #postDraftSoon(): void {
    this.#draftFrame ??= requestAnimationFrame(() => this.#postDraft());
  }

  #postDraft(): void {
    if (this.#draftFrame === undefined) return;
    this.#forgetTyping();
    const text = this.#input.value;
    if (text.length <= this.#maxPromptChars) this.#post({ type: "draft", text });
  }

  #forgetTyping(): void {
    if (this.#draftFrame !== undefined) cancelAnimationFrame(this.#draftFrame);
    this.#draftFrame = undefined;
  }

  #submit(): void {
    const text = this.#input.value;
    if (this.#isTooLong() || (text.trim() === "" && this.#attachments === 0)) return;
    this.#submitsSoon = this.#canSend === undefined;
    if (this.#submitsSoon) return;
    if (!this.#canSend) {
      this.notify("There is nobody to ask now; your draft stays here.", true);
      return;
    }
    // Before sending, so that the draft is there to stay where the host refuses.
    this.#postDraft();
    this.notify("", false);
    this.#post({ type: "send", text });
  }

  #isTooLong(): boolean {
    return this.#input.value.length > this.#maxPromptChars;
  }

  #showButtons(): void {
    const isEmpty = this.#input.value.trim() === "" && this.#attachments === 0;
    this.#stop.hidden = !this.#isAnswering;
    this.#send.hidden = this.#isAnswering;
    this.#send.disabled = isEmpty || this.#isTooLong() || !this.#canSend;
    this.#showLength();
  }

  #showLength(): void {
    const isTooLong = this.#isTooLong();
    if (isTooLong) {
      const limit = this.#maxPromptChars.toLocaleString();
      this.notify(
        `That is ${this.#input.value.length.toLocaleString()} characters; a prompt takes ${limit}.`,
        true,
      );
    } else if (this.#wasTooLong) this.notify("", false);
    this.#wasTooLong = isTooLong;
  }
}
