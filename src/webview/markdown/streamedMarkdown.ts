import { element } from "../element";
import { frameCodeBlocks, updateCodeBlock } from "./codeBlock";
import type { MarkdownRenderer } from "./renderMarkdown";

/** Rendering takes at most this part of the time: after 20 ms of it, the page has 60 ms for the user. */
const REST_PER_WORK = 3;
/** `[name]: url` on a line of its own gives earlier blocks their links once it arrives. */
const linkDefinition = /^ {0,3}\[[^\]\n]+\]:/m;
const lineEnd = /\r\n?|\n/g;

/**
 * An answer's Markdown while it grows. Blocks that can change no more are rendered once; only the last one is rendered
 * again as text comes, so that the ten thousandth token costs what the tenth did.
 */
export class StreamedMarkdown {
  readonly element = element("div", { class: "markdown" });
  readonly #renderer: MarkdownRenderer;
  readonly #onRender: () => void;
  #text = "";
  /** Up to here the text is rendered for good. */
  #settled = 0;
  #open: ChildNode[] = [];
  #frame: number | undefined;
  #timer: number | undefined;
  #restUntil = 0;

  /** `onRender` is called after the element changed: it may be higher now. */
  constructor(renderer: MarkdownRenderer, onRender: () => void) {
    this.#renderer = renderer;
    this.#onRender = onRender;
  }

  get length(): number {
    return this.#text.length;
  }

  append(text: string): void {
    this.#text += text;
    if (text !== "") this.#renderSoon();
  }

  /** The complete text, which is no longer going to grow. */
  complete(text: string): void {
    this.#cancel();
    const grew = text.startsWith(this.#text);
    this.#text = text;
    if (!grew || linkDefinition.test(text)) {
      this.#settled = 0;
      this.#open = [];
      this.element.replaceChildren();
    }
    // In one piece: a definition in the last block serves the first one too.
    this.#showOpen(this.#fragment(text.slice(this.#settled)));
    this.#onRender();
  }

  #renderSoon(): void {
    if (this.#frame !== undefined || this.#timer !== undefined) return;
    const restMs = this.#restUntil - performance.now();
    if (restMs <= 0) {
      this.#frame = requestAnimationFrame(() => this.#render());
      return;
    }
    this.#timer = window.setTimeout(() => {
      this.#timer = undefined;
      this.#frame = requestAnimationFrame(() => this.#render());
    }, restMs);
  }

  #cancel(): void {
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
    window.clearTimeout(this.#timer);
    this.#frame = undefined;
    this.#timer = undefined;
  }

  #render(): void {
    this.#frame = undefined;
    const startedAt = performance.now();
    const tail = this.#text.slice(this.#settled);
    const settledChars = this.#settledPart(tail);
    if (settledChars > 0) {
      this.#showOpen(this.#fragment(tail.slice(0, settledChars)));
      this.#settled += settledChars;
      this.#open = [];
    }
    this.#showOpen(this.#fragment(tail.slice(settledChars)));
    const endedAt = performance.now();
    this.#restUntil = endedAt + (endedAt - startedAt) * REST_PER_WORK;
    this.#onRender();
  }

  #fragment(text: string): DocumentFragment {
    const fragment = this.#renderer.render(text);
    frameCodeBlocks(fragment);
    return fragment;
  }

  /**
   * How much of the text is complete blocks. The last block is open; so is everything while its first line is, for the
   * next character can make that line part of the block before ("#" begins a heading, "#x" does not).
   */
  #settledPart(tail: string): number {
    const { lastStartsAtLine } = this.#renderer.blocks(tail);
    if (!lastStartsAtLine) return 0;
    const ends = [...tail.matchAll(lineEnd)].map((match) => match.index + match[0].length);
    return ends.length > lastStartsAtLine ? (ends[lastStartsAtLine - 1] ?? 0) : 0;
  }

  /** Puts the fragment where the open blocks are, touching only what differs: a selection elsewhere stays. */
  #showOpen(fragment: DocumentFragment): void {
    const next = [...fragment.childNodes];
    const shown = next.map((node, index) => this.#showNode(this.#open[index], node));
    for (const surplus of this.#open.slice(next.length)) surplus.remove();
    this.#open = shown;
  }

  #showNode(old: ChildNode | undefined, node: ChildNode): ChildNode {
    if (!old) {
      this.element.append(node);
      return node;
    }
    if (old.isEqualNode(node)) return old;
    if (old instanceof Element && node instanceof Element && updateCodeBlock(old, node)) return old;
    old.replaceWith(node);
    return node;
  }
}
