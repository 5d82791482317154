import type { EntryView, PageToHost } from "../protocol/panel";
import { AnswerRow, type Delta } from "./answerRow";
import { element } from "./element";
import { codeRequestOf } from "./markdown/codeBlock";
import type { MarkdownRenderer } from "./markdown/renderMarkdown";
import { PromptRow } from "./promptRow";

export interface TranscriptOptions {
  renderer: MarkdownRenderer;
  post: (message: PageToHost) => void;
  /** The content may be higher now. */
  onRender: () => void;
}

/** The rows of one conversation. */
export class Transcript {
  /** A log, but silent: a screen reader hears each answer once, when it is complete, from the announcer. */
  readonly element = element("div", {
    class: "transcript",
    role: "log",
    "aria-live": "off",
    "aria-label": "Chat",
  });
  readonly #options: TranscriptOptions;
  readonly #rows = new Map<string, PromptRow | AnswerRow>();

  constructor(options: TranscriptOptions) {
    this.#options = options;
    this.element.addEventListener("click", (event) => {
      const request = codeRequestOf(event.target);
      if (!request) return;
      const { action, text, language } = request;
      options.post(action === "copy" ? { type: "copy", text } : { type: action, text, language });
    });
  }

  get isEmpty(): boolean {
    return this.#rows.size === 0;
  }

  get isAnswering(): boolean {
    return [...this.#rows.values()].some((row) => row instanceof AnswerRow && row.isRunning);
  }

  /** Shows exactly these; rows that are there already stay, and with them the user's focus and selection. */
  reset(entries: readonly EntryView[]): void {
    const old = new Map(this.#rows);
    this.#rows.clear();
    for (const entry of entries) {
      const row = old.get(entry.id);
      // A prompt's text may be another one now; an answer's row takes that in.
      if (row instanceof AnswerRow) this.#rows.set(entry.id, row);
      this.#put(entry);
    }
    const shown = [...this.#rows.values()].map((row) => row.element);
    for (const { element: node } of old.values()) if (!shown.includes(node)) node.remove();
    // Only what stands elsewhere is moved: moving takes the focus and the selection away.
    for (const [index, node] of shown.entries()) {
      const there = this.element.children[index];
      if (there !== node) this.element.insertBefore(node, there ?? null);
    }
    this.#markLast();
  }

  /** Adds the entry, or shows what became of it. */
  put(entry: EntryView): void {
    this.#put(entry);
    this.#markLast();
  }

  /** False where the row is not there or lacks something: then the page is behind and needs a snapshot. */
  append(answerId: string, delta: Delta): boolean {
    const row = this.#rows.get(answerId);
    return row instanceof AnswerRow && row.append(delta);
  }

  #put(entry: EntryView): void {
    const row = this.#rows.get(entry.id);
    if (row instanceof AnswerRow && entry.kind === "answer") row.update(entry);
    if (row) return;
    const made = this.#makeRow(entry);
    this.#rows.set(entry.id, made);
    this.element.append(made.element);
    this.#options.onRender();
  }

  #makeRow(entry: EntryView): PromptRow | AnswerRow {
    const { renderer, post, onRender } = this.#options;
    if (entry.kind === "prompt")
      return new PromptRow(entry, (promptId, text) => post({ type: "edit", promptId, text }));
    return new AnswerRow(entry, {
      renderer,
      onRender,
      onRetry: () => post({ type: "retry" }),
      onAskAnother: () => post({ type: "askAnother" }),
    });
  }

  #markLast(): void {
    const rows = [...this.#rows.values()];
    const last = rows.at(-1);
    const lastPrompt = rows.findLast((row) => row instanceof PromptRow);
    const isAnswering = this.isAnswering;
    for (const row of rows) {
      if (row instanceof AnswerRow) row.isLast = row === last;
      else row.isEditable = row === lastPrompt && !isAnswering;
    }
  }
}
