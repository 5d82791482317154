import type { Target, TargetOption } from "../protocol/panel";
import { element, icon } from "./element";
import { statusIcon, statusText } from "./format";

const listId = "targets";
/** What is typed after a pause begins a name anew, and a space picks again rather than to be part of one, ms. */
const TYPING_PAUSE_MS = 800;

/** Whom the next prompt goes to: a button that opens a list above itself, each line with its live status. */
export class TargetPicker {
  readonly element = element("div", { class: "picker" });
  readonly #button = element("button", {
    type: "button",
    class: "picker-button",
    role: "combobox",
    "aria-haspopup": "listbox",
    "aria-expanded": "false",
    "aria-controls": listId,
  });
  readonly #list = element("div", {
    class: "picker-list",
    id: listId,
    role: "listbox",
    "aria-label": "Participants",
  });
  readonly #onPick: (selector: string) => void;
  #options: readonly TargetOption[] = [];
  #target: Target = { selector: "any", label: "" };
  #active = 0;
  #typed = "";
  #typedAt = 0;

  constructor(onPick: (selector: string) => void) {
    this.#onPick = onPick;
    this.#list.hidden = true;
    this.element.append(this.#list, this.#button);
    this.#button.addEventListener("click", () => (this.#isOpen ? this.#close() : this.#open()));
    this.#button.addEventListener("keydown", (event) => this.#onKey(event));
    this.element.addEventListener("focusout", (event) => {
      if (!this.element.contains(event.relatedTarget as Node | null)) this.#close();
    });
    // The focus stays on the button, so that the list needs none of its own and a click does not close it too early.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const line = event.target instanceof Element ? event.target.closest("[role=option]") : null;
      if (line) this.#pick([...this.#list.querySelectorAll("[role=option]")].indexOf(line));
    });
    this.#show();
  }

  set options(options: readonly TargetOption[]) {
    const activeSelector = this.#options[this.#active]?.selector;
    this.#options = options;
    this.#active = Math.max(
      0,
      options.findIndex(({ selector }) => selector === activeSelector),
    );
    this.#show();
  }

  set target(target: Target) {
    this.#target = target;
    this.#show();
  }

  get #isOpen(): boolean {
    return !this.#list.hidden;
  }

  #open(): void {
    if (this.#options.length === 0) return;
    this.#active = Math.max(
      0,
      this.#options.findIndex(({ selector }) => selector === this.#target.selector),
    );
    this.#list.hidden = false;
    this.#typed = "";
    this.#button.setAttribute("aria-expanded", "true");
    this.#show();
    // Safari and some screen readers open a popup without focusing what was clicked.
    this.#button.focus();
  }

  #close(): void {
    this.#list.hidden = true;
    this.#button.setAttribute("aria-expanded", "false");
    this.#button.removeAttribute("aria-activedescendant");
  }

  #pick(index: number): void {
    const option = this.#options[index];
    this.#close();
    if (option) this.#onPick(option.selector);
  }

  #onKey(event: KeyboardEvent): void {
    if (!this.#isOpen) {
      if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
      event.preventDefault();
      this.#open();
      return;
    }
    if (event.timeStamp - this.#typedAt >= TYPING_PAUSE_MS) this.#typed = "";
    const last = this.#options.length - 1;
    const moves: Record<string, number> = {
      ArrowDown: Math.min(this.#active + 1, last),
      ArrowUp: Math.max(this.#active - 1, 0),
      Home: 0,
      End: last,
    };
    const move = moves[event.key];
    if (move !== undefined) this.#moveTo(move);
    else if (event.key === "Enter" || (event.key === " " && this.#typed === "")) this.#pick(this.#active);
    else if (event.key === "Escape") this.#close();
    else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey)
      this.#typeAhead(event.key, event.timeStamp);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #typeAhead(key: string, now: number): void {
    this.#typed += key.toLowerCase();
    this.#typedAt = now;
    const found = this.#options.findIndex(({ label }) => label.toLowerCase().startsWith(this.#typed));
    if (found >= 0) this.#moveTo(found);
  }

  #moveTo(index: number): void {
    this.#active = index;
    this.#showLines();
  }

  #show(): void {
    const current = this.#options.find(({ selector }) => selector === this.#target.selector);
    const status = current?.status ?? "offline";
    const gone = this.#options.length > 0 && !current;
    const label = current?.label ?? this.#target.label;
    const about = gone ? "has left" : current ? describe(current) : "";
    this.#button.replaceChildren(
      icon(statusIcon(status), `status-${status}`),
      element("span", { class: "picker-label" }, label),
      element("span", { class: "picker-detail" }, about),
      icon("chevron-down"),
    );
    this.#button.setAttribute("aria-label", `Ask: ${[label, about].filter(Boolean).join(", ")}`);
    this.#button.disabled = this.#options.length === 0;
    if (this.#options.length === 0) this.#close();
    if (this.#isOpen) this.#showLines();
  }

  #showLines(): void {
    const lines = this.#options.map((option, index) => this.#line(option, index));
    const firstParticipant = this.#options.findIndex(({ kind }) => kind === "participant");
    this.#list.replaceChildren(...lines);
    if (firstParticipant > 0)
      lines[firstParticipant]?.before(element("div", { class: "separator", role: "presentation" }));
    lines[this.#active]?.scrollIntoView({ block: "nearest" });
    this.#button.setAttribute("aria-activedescendant", `target-${this.#active}`);
  }

  #line(option: TargetOption, index: number): HTMLElement {
    const isSelected = option.selector === this.#target.selector;
    return element(
      "div",
      {
        role: "option",
        id: `target-${index}`,
        "aria-selected": String(isSelected),
        class: index === this.#active ? "option active" : "option",
      },
      icon(statusIcon(option.status), `status-${option.status}`),
      element("span", { class: "option-label" }, option.label, option.isMine ? " (you)" : ""),
      element(
        "span",
        { class: "option-model" },
        [option.kind === "participant" ? option.model : "", option.detail].filter(Boolean).join(" · "),
      ),
      element(
        "span",
        { class: "option-status" },
        option.kind === "participant" ? statusText(option.status) : "",
      ),
    );
  }
}

function describe({ kind, model, status, detail }: TargetOption): string {
  return kind === "participant" ? `${model} · ${statusText(status)}` : detail;
}
