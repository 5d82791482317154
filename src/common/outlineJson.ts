import { cutBefore, endOfString, isStringContent, nextQuote } from "./jsonStrings";
import { parseJson } from "./parseJson";

/** A longer string is cut off: longer than any that is compared with something, its escapes included, bytes. */
const LONG_BYTES = 8 * 1024;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/**
 * The value of a JSON text's UTF-8 with its long strings cut off. All of the text is checked, as `parseJson` does it; but a
 * prompt of 32 MB becomes neither a text nor a value of 32 MB.
 *
 * @throws SyntaxError
 */
export function outlineJson(json: Uint8Array, longBytes = LONG_BYTES): unknown {
  if (json.byteLength <= longBytes) return parseJson(utf8.decode(json));
  let outline = "";
  /** Up to here all is in the outline, or left out of it. */
  let done = 0;
  for (let at = nextQuote(json, 0); at < json.byteLength; ) {
    const end = endOfString(json, at);
    if (end - at > longBytes) {
      const cut = cutBefore(json, at + 1, at + longBytes);
      outline += utf8.decode(json.subarray(done, cut));
      if (!isStringContent(json, cut, end))
        throw new SyntaxError("A string has a character that JSON does not allow.");
      done = end;
    }
    at = nextQuote(json, end + 1);
  }
  return parseJson(outline + utf8.decode(json.subarray(done)));
}
