const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const SPACE = 0x20;
const U = 0x75;
/** Of each byte of a word. */
const HIGH_BITS = 0x80808080 | 0;
/** By code: whether it may stand behind a backslash, and whether it is a digit of `\u`. */
const isSimpleEscape = tableOf('"\\/bfnrt');
const isHexDigit = tableOf("0123456789abcdefABCDEF");
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

/**
 * Whether JSON allows what stands between two quotes: no control character, and each backslash begins an escape (RFC 8259, 7).
 *
 * @param start inside no escape
 * @param end where the closing quote is
 */
export function isStringContent(json: Uint8Array, start: number, end: number): boolean {
  // A prompt of 32 MB is nearly all words of four bytes with neither a backslash nor a control character.
  const firstWord = Math.min(end, start + ((4 - ((json.byteOffset + start) % 4)) % 4));
  const words = wordsOf(json, firstWord, end);
  let at = start;
  while (at < end) {
    if (at >= firstWord && ((at - firstWord) & 3) === 0) {
      at = firstWord + (pastPlain(words, (at - firstWord) >> 2) << 2);
      if (at >= end) break;
    }
    const code = json[at] ?? 0;
    if (code < SPACE) return false;
    if (code !== BACKSLASH) at++;
    else if (!isEscape(json, at)) return false;
    else at += json[at + 1] === U ? 6 : 2;
  }
  return at === end;
}

/** From a byte whose address is a multiple of four. */
function wordsOf(json: Uint8Array, start: number, end: number): Int32Array {
  return start === end
    ? new Int32Array()
    : new Int32Array(json.buffer, json.byteOffset + start, (end - start) >>> 2);
}

function pastPlain(words: Int32Array, start: number): number {
  for (let at = start; at < words.length; at++) {
    const word = words[at] ?? 0;
    const other = word ^ 0x5c5c5c5c;
    // A byte is below n where taking n from it borrows (Bit Twiddling Hacks, "hasless" and "hasvalue").
    if ((((word - 0x20202020) & ~word) | ((other - 0x01010101) & ~other)) & HIGH_BITS) return at;
  }
  return words.length;
}

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const character of characters) table[character.charCodeAt(0)] = 1;
  return table;
}

function isEscape(json: Uint8Array, at: number): boolean {
  const code = json[at + 1] ?? 0;
  if (code !== U) return isSimpleEscape[code] === 1;
  for (let digit = at + 2; digit < at + 6; digit++) if (isHexDigit[json[digit] ?? 0] !== 1) return false;
  return true;
}

function isEscaped(json: Uint8Array, quoteAt: number): boolean {
  let at = quoteAt - 1;
  while (json[at] === BACKSLASH) at--;
  return (quoteAt - at) % 2 === 0;
}
