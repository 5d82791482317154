import { element } from "./element";

/** Says something to a screen reader, and to nobody else. */
export class Announcer {
  readonly element = element("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });

  say(text: string): void {
    this.element.textContent = text;
  }
}
