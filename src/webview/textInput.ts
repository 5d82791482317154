/** An input method sends Enter to choose a word; some browsers tell it only by this key code. */
const COMPOSING_KEY_CODE = 229;

/** Enter alone sends; with Shift it is a new line, and while an input method composes it is the method's. */
export function isSubmitKey(event: KeyboardEvent): boolean {
  if (event.isComposing || event.keyCode === COMPOSING_KEY_CODE) return false;
  return event.key === "Enter" && !event.shiftKey && !event.altKey;
}

/** Makes a textarea as high as its text, up to the style sheet's max-height. */
export function growWithContent(input: HTMLTextAreaElement): void {
  // Set through the object model: the page's policy forbids only inline styles that come as markup.
  input.style.height = "auto";
  input.style.height = `${input.scrollHeight}px`;
}
