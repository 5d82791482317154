/** Longer names are cut in rows; the tooltip has the whole. */
const MAX_ROW_TEXT_LENGTH = 60;
// Control characters, and the marks that reverse or hide text: a nickname must not rewrite the row it stands in.
// What joins the parts of one emoji is none of them.
const unprintable =
  /(?:(?!(?<=\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)\u200d\p{Extended_Pictographic})[\p{Cc}\p{Cf}\p{Zl}\p{Zp}])+/gu;

/** What a stranger wrote, as one printable line. */
export function toOneLine(text: string): string {
  return text.replace(unprintable, " ").replace(/\s+/g, " ").trim();
}

/** The same, cut to what a row has room for; never empty. */
export function toRowText(text: string): string {
  const characters = [...toOneLine(text)];
  if (characters.length === 0) return "(no name)";
  if (characters.length <= MAX_ROW_TEXT_LENGTH) return isolated(characters.join(""));
  return isolated(`${characters.slice(0, MAX_ROW_TEXT_LENGTH - 1).join("")}…`);
}

const rightToLeft = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** What is written from right to left turns nothing around beside it, a count for one. */
function isolated(text: string): string {
  return rightToLeft.test(text) ? `\u2068${text}\u2069` : text;
}

/** For labels in which VS Code would draw `$(name)` as an icon: quick picks and the status bar. */
export function escapeIcons(text: string): string {
  return text.replace(/\$\(/g, "\\$(");
}

/**
 * For messages, and for what stands under an input box: there VS Code makes `[text](command:…)` a link, and a click on it runs
 * the command, with whatever arguments it names.
 */
export function withoutLinks(text: string): string {
  return text.replaceAll("](", "] (");
}

/** For Markdown: everything shows as typed, inside a table's cell too. */
export function escapeMarkdown(text: string): string {
  return toOneLine(text)
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/[\\`*_{}[\]()#+\-!|~.:@$"']/g, "\\$&");
}
