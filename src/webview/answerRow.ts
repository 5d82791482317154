import type { Answer } from "../protocol/panel";
import { button, element, icon } from "./element";
import { answererName, cutText, metricsText, waitingText } from "./format";
import type { MarkdownRenderer } from "./markdown/renderMarkdown";
import { StreamedMarkdown } from "./markdown/streamedMarkdown";

export interface AnswerRowOptions {
  renderer: MarkdownRenderer;
  onRender: () => void;
  onRetry: () => void;
  onAskAnother: () => void;
}

export interface Delta {
  readonly at: number;
  readonly text: string;
  readonly reasoningAt: number;
  readonly reasoning: string;
}

/** One answer: who, what they say, and under it how it went. */
export class AnswerRow {
  readonly element = element("article", { class: "row answer" });
  readonly #options: AnswerRowOptions;
  readonly #who = element("header", { class: "who" });
  readonly #reasoningText = element("div", { class: "reasoning-text", dir: "auto" });
  readonly #reasoningLabel = element("span");
  readonly #reasoning: HTMLDetailsElement;
  readonly #body: StreamedMarkdown;
  readonly #progress = element("div", { class: "progress" });
  readonly #waiting = element("span");
  readonly #error = element("div", { class: "error" });
  readonly #meta = element("span", { class: "meta" });
  readonly #actions = element("span", { class: "row-actions" });
  #answer: Answer;
  #isLast = false;

  constructor(answer: Answer, options: AnswerRowOptions) {
    this.#answer = answer;
    this.#options = options;
    this.#body = new StreamedMarkdown(options.renderer, options.onRender);
    const summary = element("summary", {}, icon("chevron-right"), this.#reasoningLabel);
    this.#reasoning = element("details", { class: "reasoning" }, summary, this.#reasoningText);
    const footer = element("footer", {}, this.#meta, this.#actions);
    const parts = [this.#who, this.#reasoning, this.#body.element, this.#progress, this.#error, footer];
    this.element.append(...parts);
    this.update(answer);
  }

  get answer(): Answer {
    return this.#answer;
  }

  get isRunning(): boolean {
    const { state } = this.#answer.status;
    return state === "waiting" || state === "streaming";
  }

  /** Only the last answer can be asked for again. */
  set isLast(isLast: boolean) {
    if (isLast === this.#isLast) return;
    this.#isLast = isLast;
    this.#showActions();
  }

  /** Adds what arrived. False where something is missing in between, or was added already. */
  append({ at, text, reasoningAt, reasoning }: Delta): boolean {
    const { text: oldText, reasoning: oldReasoning } = this.#answer;
    if (at !== oldText.length || reasoningAt !== oldReasoning.length) return false;
    this.#answer = {
      ...this.#answer,
      text: oldText + text,
      reasoning: oldReasoning + reasoning,
      status: { state: "streaming" },
    };
    this.#body.append(text);
    if (reasoning !== "") this.#reasoningText.append(reasoning);
    this.#showProgress();
    return true;
  }

  /** The answer complete, as it is now. */
  update(answer: Answer): void {
    // An earlier failure, on a page that comes back, is no news.
    const isNews = this.isRunning;
    const grown = answer.text !== this.#answer.text || this.#body.length !== answer.text.length;
    this.#answer = answer;
    if (this.isRunning && answer.text.length > this.#body.length) {
      this.#body.append(answer.text.slice(this.#body.length));
    } else if (grown || !this.isRunning) this.#body.complete(answer.text);
    this.#reasoningText.textContent = answer.reasoning;
    this.#showWho();
    this.#showProgress();
    this.#showError(isNews);
    this.#showMeta();
    this.#showActions();
  }

  #showWho(): void {
    const { who } = this.#answer;
    const name = answererName(who);
    this.element.setAttribute("aria-label", `Answer of ${name}`);
    const model = who.nickname === undefined ? undefined : who.model;
    this.#who.replaceChildren(
      icon("hubot"),
      element("span", { class: "name" }, name),
      model === undefined ? "" : element("span", { class: "model" }, model),
    );
  }

  #showProgress(): void {
    const { status, text, reasoning } = this.#answer;
    this.element.dataset.state = status.state;
    this.#reasoning.hidden = reasoning === "";
    this.#reasoningLabel.textContent = this.isRunning && text === "" ? "Thinking" : "Thoughts";
    this.#progress.hidden = !this.isRunning || text !== "";
    if (this.#progress.hidden) return;
    // Made once: a spinner that is replaced begins anew.
    if (this.#progress.childElementCount === 0)
      this.#progress.append(icon("loading", "codicon-modifier-spin"), this.#waiting);
    this.#waiting.textContent = waitingText(this.#answer);
  }

  #showError(isNews: boolean): void {
    const { status } = this.#answer;
    this.#error.hidden = status.state !== "failed";
    if (status.state !== "failed") return;
    if (isNews) this.#error.setAttribute("role", "alert");
    const words = element("div", {}, element("strong", {}, status.message), " ", status.hint);
    this.#error.replaceChildren(icon("error"), words);
  }

  #showMeta(): void {
    const { status, metrics, text } = this.#answer;
    const isEmpty = status.state === "done" && text.trim() === "";
    const how = {
      waiting: undefined,
      streaming: undefined,
      failed: undefined,
      done: status.state === "done" ? cutText(status.finishReason) : undefined,
      stopped: "Stopped",
      interrupted: "Interrupted: the window was closed or reloaded",
    }[status.state];
    const parts = [
      isEmpty ? "The model sent an empty answer" : undefined,
      how,
      metrics && metricsText(metrics),
    ];
    this.#meta.textContent = parts.filter(Boolean).join(" · ");
  }

  #showActions(): void {
    const { onRetry, onAskAnother } = this.#options;
    const { status } = this.#answer;
    const isQueued = status.state === "waiting" && status.position !== undefined;
    if (!this.#isLast || (this.isRunning && !isQueued)) {
      this.#actions.replaceChildren();
      return;
    }
    if (isQueued) {
      // It stays the same button from place to place, with the focus that it has.
      if (this.#actions.childElementCount === 1) return;
      const another = button({
        label: "Ask Another Participant",
        icon: "organization",
        onClick: onAskAnother,
      });
      this.#actions.replaceChildren(another);
      return;
    }
    this.#actions.replaceChildren(
      button({ label: "Retry", icon: "refresh", onClick: onRetry }),
      button({ label: "Ask Another Participant", icon: "organization", onClick: onAskAnother }),
    );
  }
}
