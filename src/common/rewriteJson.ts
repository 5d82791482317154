import { endOfString } from "./jsonStrings";

/** A text that is nested deeper, or has more fields on top, is left to whoever reads and writes it whole. */
const MAX_DEPTH = 500;
const MAX_FIELDS = 1_000;

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Where a field's value stands, from its colon to the comma or brace behind it. */
interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * The UTF-8 of an object's JSON with these of its fields set, as pieces of it and what comes between them; the rest is as it
 * came, and not copied: one piece where nothing changes. Changes that are undefined are none.
 *
 * @param json what `JSON.parse` has accepted
 * @param first by the name of a field that is a list and not empty: what is put before its first item
 * @returns undefined where its fields cannot be told apart like this: one occurs twice, or has an escape in its name
 */
export function rewriteJson(
  json: Uint8Array,
  changes: Record<string, unknown>,
  first: Record<string, unknown> = {},
): Uint8Array[] | undefined {
  const open = json.indexOf(0x7b);
  const spans = fieldsOf(json, open);
  if (!spans) return undefined;
  const encoder = new TextEncoder();
  const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
  const added = changed
    .filter(([name]) => !spans.has(name))
    .map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const comma = added.length > 0 && spans.size > 0 ? "," : "";
  const pieces: Uint8Array[] = [];
  let done = 0;
  if (added.length > 0) {
    pieces.push(json.subarray(0, open + 1), encoder.encode(`${added.join(",")}${comma}`));
    done = open + 1;
  }
  const replaced = changed.flatMap(([name, value]) => {
    const span = spans.get(name);
    return span ? [{ ...span, value: encoder.encode(JSON.stringify(value)) }] : [];
  });
  for (const [name, item] of Object.entries(first)) {
    const span = spans.get(name);
    const bracket = span ? json.indexOf(0x5b, span.start) : -1;
    if (!span || bracket < 0 || bracket >= span.end) return undefined;
    replaced.push({
      start: bracket + 1,
      end: bracket + 1,
      value: encoder.encode(`${JSON.stringify(item)},`),
    });
  }
  for (const { start, end, value } of replaced.sort((a, b) => a.start - b.start)) {
    // What is so already stays: then nothing has to be put together anew.
    if (Buffer.compare(value, json.subarray(start, end)) === 0) continue;
    pieces.push(json.subarray(done, start), value);
    done = end;
  }
  pieces.push(json.subarray(done));
  return pieces.filter(({ byteLength }) => byteLength > 0);
}

function fieldsOf(json: Uint8Array, open: number): Map<string, Span> | undefined {
  const spans = new Map<string, Span>();
  let depth = 0;
  let name: string | undefined;
  let start = 0;
  for (let at = open; at < json.byteLength; at++) {
    const code = json[at];
    if (code === 0x22) {
      const end = endOfString(json, at);
      if (depth === 1 && name === undefined) name = nameIn(json.subarray(at + 1, end));
      if (depth === 1 && name === undefined) return undefined;
      at = end;
    } else if (code === 0x3a && depth === 1) {
      start = at + 1;
    } else if (code === 0x7b || code === 0x5b) {
      if (++depth > MAX_DEPTH) return undefined;
    } else if (code === 0x2c || code === 0x7d || code === 0x5d) {
      if (depth === 1 && name !== undefined) {
        if (spans.has(name) || spans.size === MAX_FIELDS) return undefined;
        spans.set(name, { start, end: at });
        name = undefined;
      }
      if (code !== 0x2c) depth--;
    }
  }
  return spans;
}

/** @returns undefined where it has an escape. */
function nameIn(bytes: Uint8Array): string | undefined {
  return bytes.includes(0x5c) ? undefined : utf8.decode(bytes);
}
