import { button, element } from "../element";

export type CodeAction = "copy" | "insert" | "newFile";
export interface CodeRequest {
  readonly action: CodeAction;
  readonly text: string;
  readonly language: string;
}

const actions: ReadonlyArray<{ action: CodeAction; label: string; icon: string }> = [
  { action: "copy", label: "Copy", icon: "copy" },
  { action: "insert", label: "Insert at Cursor", icon: "insert" },
  { action: "newFile", label: "New File", icon: "new-file" },
];

/** Gives each code block its header. Called after sanitising: no text of a model's can make such a button. */
export function frameCodeBlocks(fragment: DocumentFragment): void {
  for (const pre of fragment.querySelectorAll("pre")) {
    const language = languageOf(pre);
    const figure = element("figure", { class: "code-block" });
    pre.replaceWith(figure);
    // A code block scrolls sideways: without a tab stop, only a mouse could.
    pre.tabIndex = 0;
    figure.append(header(language), pre);
  }
  for (const table of fragment.querySelectorAll("table")) {
    const frame = element("div", { class: "table-frame", tabindex: "0" });
    table.replaceWith(frame);
    frame.append(table);
  }
}

/** The block whose button was clicked, if it was one; one listener serves all the blocks there will be. */
export function codeRequestOf(target: EventTarget | null): CodeRequest | undefined {
  if (!(target instanceof Element)) return undefined;
  const name = target.closest("button[data-code]")?.getAttribute("data-code");
  const action = actions.find((each) => each.action === name)?.action;
  const pre = target.closest("figure.code-block")?.querySelector("pre");
  if (!action || !pre) return undefined;
  return { action, text: withoutLastNewline(pre.textContent), language: languageOf(pre) };
}

/** Shows new content in a block that is on the page, so that its buttons keep the focus. */
export function updateCodeBlock(shown: Element, next: Element): boolean {
  const [oldCode, newCode] = [shown.querySelector("code"), next.querySelector("code")];
  if (!shown.matches("figure.code-block") || !next.matches("figure.code-block") || !oldCode || !newCode)
    return false;
  if (oldCode.className !== newCode.className) return false;
  oldCode.replaceChildren(...newCode.childNodes);
  return true;
}

function header(language: string): HTMLElement {
  const buttons = actions.map(({ action, label, icon }) => {
    const made = button({ label, icon, iconOnly: true });
    made.dataset.code = action;
    return made;
  });
  return element(
    "figcaption",
    {},
    element("span", { class: "code-language" }, language === "" ? "text" : language),
    element("span", { class: "code-actions", role: "toolbar", "aria-label": "Code" }, ...buttons),
  );
}

function languageOf(pre: Element): string {
  const names = [...(pre.querySelector("code")?.classList ?? [])];
  return names.find((name) => name.startsWith("language-"))?.slice("language-".length) ?? "";
}

function withoutLastNewline(text: string): string {
  return text.endsWith("\n") ? text.slice(0, -1) : text;
}
