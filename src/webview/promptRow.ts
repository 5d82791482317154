import type { AttachmentView, EntryView } from "../protocol/panel";
import { button, element, icon } from "./element";
import { attachmentText } from "./format";
import { growWithContent, isSubmitKey } from "./textInput";

export type PromptView = Extract<EntryView, { kind: "prompt" }>;

/** What the user asked; the last one can be edited in its place. */
export class PromptRow {
  readonly element = element("article", { class: "row prompt", "aria-label": "You" });
  readonly #prompt: PromptView;
  readonly #onEdit: (promptId: string, text: string) => void;
  readonly #editButton: HTMLButtonElement;

  constructor(prompt: PromptView, onEdit: (promptId: string, text: string) => void) {
    this.#prompt = prompt;
    this.#onEdit = onEdit;
    this.#editButton = button({
      label: "Edit and Resend",
      icon: "edit",
      iconOnly: true,
      onClick: () => this.#edit(),
    });
    this.#show();
  }

  /** Only the last prompt can be edited, and not while its answer arrives. */
  set isEditable(isEditable: boolean) {
    this.#editButton.hidden = !isEditable;
  }

  #show(): void {
    const { text, attachments } = this.#prompt;
    const bubble = element(
      "div",
      { class: "bubble" },
      attachments.length === 0 ? undefined : element("div", { class: "chips" }, ...attachments.map(chip)),
      text === "" ? undefined : element("div", { class: "prompt-text", dir: "auto" }, text),
    );
    this.element.replaceChildren(bubble, this.#editButton);
  }

  #edit(): void {
    const input = element("textarea", { class: "edit-input", "aria-label": "Edit the prompt", rows: "1" });
    input.value = this.#prompt.text;
    const close = () => {
      this.#show();
      this.#editButton.focus();
    };
    const send = () => {
      this.#show();
      this.#onEdit(this.#prompt.id, input.value);
    };
    input.addEventListener("input", () => growWithContent(input));
    input.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !event.isComposing) {
        event.stopPropagation();
        close();
      } else if (isSubmitKey(event)) {
        event.preventDefault();
        send();
      }
    });
    const buttons = element(
      "div",
      { class: "edit-buttons" },
      button({ label: "Cancel", class: "button secondary", onClick: close }),
      button({ label: "Send", class: "button", onClick: send }),
    );
    this.element.replaceChildren(element("div", { class: "bubble editing" }, input, buttons));
    growWithContent(input);
    input.focus();
  }
}

function chip(attachment: AttachmentView): HTMLElement {
  return element("span", { class: "chip", title: attachment.path }, icon("file"), attachmentText(attachment));
}
