import { button } from "./element";

/** So near to the end counts as being there, CSS pixels: a zoomed page scrolls in fractions. */
const AT_END_PX = 40;

/** Keeps the newest line in sight while the user is at the end, and leaves them alone where they scrolled up. */
export class ScrollFollower {
  readonly jumpButton = button({
    label: "Jump to Latest",
    icon: "arrow-down",
    class: "jump-button",
    onClick: () => this.jump(),
  });
  readonly #area: HTMLElement;
  readonly #onScroll: () => void;
  #follows = true;
  #lastTop = 0;

  constructor(area: HTMLElement, content: HTMLElement, onScroll: () => void) {
    this.#area = area;
    this.#onScroll = onScroll;
    this.jumpButton.hidden = true;
    area.addEventListener("scroll", () => this.#scrolled(), { passive: true });
    // Fonts, a resized window and a grown composer move the end as well as tokens do.
    const observer = new ResizeObserver(() => this.stay());
    observer.observe(area);
    observer.observe(content);
  }

  /** Where the user is; undefined at the end. */
  get position(): number | undefined {
    return this.#follows ? undefined : this.#area.scrollTop;
  }

  /** After the content changed. */
  stay(): void {
    if (this.#follows) this.#area.scrollTop = this.#area.scrollHeight;
    this.jumpButton.hidden = this.#follows || this.#isAtEnd();
  }

  jump(): void {
    this.#follows = true;
    this.stay();
  }

  restore(position: number | undefined): void {
    this.#follows = position === undefined;
    if (position !== undefined) this.#area.scrollTop = position;
    this.stay();
  }

  #scrolled(): void {
    // Only the user scrolls up. An end that moved on before this event came does not mean that they left it.
    const { scrollTop } = this.#area;
    if (this.#isAtEnd()) this.#follows = true;
    else if (scrollTop < this.#lastTop) this.#follows = false;
    this.#lastTop = scrollTop;
    this.jumpButton.hidden = this.#follows;
    this.#onScroll();
  }

  #isAtEnd(): boolean {
    const { scrollHeight, scrollTop, clientHeight } = this.#area;
    return scrollHeight - scrollTop - clientHeight <= AT_END_PX;
  }
}
