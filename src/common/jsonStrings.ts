const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Quotes nearer than this are found faster by looking than by a call, bytes. */
const NEAR = 32;

/** Where the next quote is at or after `from`, in a text's UTF-8; its length where there is none. */
export function nextQuote(json: Uint8Array, from: number): number {
  const near = Math.min(from + NEAR, json.byteLength);
  for (let at = from; at < near; at++) if (json[at] === QUOTE) return at;
  const found = json.indexOf(QUOTE, near);
  return found === -1 ? json.byteLength : found;
}

/** Where the string ends whose first quote is at `start`: at its last quote, or the text's length. */
export function endOfString(json: Uint8Array, start: number): number {
  let end = nextQuote(json, start + 1);
  while (end < json.byteLength && isEscaped(json, end)) end = nextQuote(json, end + 1);
  return end;
}

/**
 * The last place at or before `end` where what stands between two quotes can be cut into two strings: inside no character
 * and no escape.
 *
 * @param start a place like that, before it
 */
export function cutBefore(json: Uint8Array, start: number, end: number): number {
  let cut = end;
  // Three at most: whoever sends no UTF-8 must not send us back to the start.
  while (cut > Math.max(start, end - 3) && ((json[cut] ?? 0) & 0xc0) === 0x80) cut--;
  // An escape has 6 bytes at most, so that one which is cut began in the last 5.
  for (let at = cut - 1; at >= Math.max(start, cut - 5); at--) {
    if (json[at] !== BACKSLASH) continue;
    let first = at;
    while (first > start && json[first - 1] === BACKSLASH) first--;
    const beginsEscape = (at - first) % 2 === 0;
    const bytes = json[at + 1] === 0x75 ? 6 : 2;
    return beginsEscape && at + bytes > cut ? at : cut;
  }
  return cut;
}

function isEscaped(json: Uint8Array, quoteAt: number): boolean {
  let at = quoteAt - 1;
  while (json[at] === BACKSLASH) at--;
  return (quoteAt - at) % 2 === 0;
}
