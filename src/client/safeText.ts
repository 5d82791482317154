/** Longer words of a hub or provider are cut, UTF-16 units: they stand in one line of an error. */
const MAX_FOREIGN_TEXT_LENGTH = 300;
/** Only so much is looked at: a hostile answer may be megabytes. */
const MAX_SCANNED_LENGTH = 2_000;

/** Control characters and the marks that turn the direction of text: they could forge what a person reads. */
const unsafeCharacters = /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+/gu;

/** A foreign text made fit to show: one line, bounded, nothing invisible. Empty where nothing is left. */
export function safeText(text: string, maxLength = MAX_FOREIGN_TEXT_LENGTH): string {
  const line = text.slice(0, MAX_SCANNED_LENGTH).replace(unsafeCharacters, " ").replace(/ {2,}/g, " ").trim();
  return line.length <= maxLength ? line : `${line.slice(0, maxLength - 1).trimEnd()}…`;
}

/** The same with a full stop, so that another sentence can follow. */
export function safeSentence(text: string): string {
  const line = safeText(text);
  return line === "" || /[.!?…]$/.test(line) ? line : `${line}.`;
}
