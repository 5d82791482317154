import { z } from "zod";
import { isRecord } from "../common/isRecord";

/**
 * An array whose length is looked at before its elements: each wrong element is an issue with a path, and a body of 32 MB
 * has room for ten million of them.
 */
export function boundedArray<T extends z.ZodType>(element: T, maxLength: number) {
  const error = (issue: { input?: unknown }) =>
    Array.isArray(issue.input)
      ? `Too big: expected at most ${maxLength} elements`
      : "Invalid input: expected array";
  return z
    .custom<z.input<T>[]>((value) => Array.isArray(value) && value.length <= maxLength, { error })
    .pipe(z.array(element));
}

/** An object as a dictionary, whose size is looked at before its entries. */
export function boundedRecord<T extends z.ZodType>(value: T, maxEntries: number) {
  const error = `Invalid input: expected an object of at most ${maxEntries} entries`;
  return z
    .custom<z.input<z.ZodRecord<z.ZodString, T>>>(
      (record) => isRecord(record) && countOf(record) <= maxEntries,
      {
        error,
      },
    )
    .pipe(z.record(z.string(), value));
}

/** A text that is shown: what is too long of it is cut off, where refusing it would lose what it belongs to. */
export function cutText(maxLength: number) {
  return z.string().transform((text) => {
    if (text.length <= maxLength) return text;
    // Written and read again: a slice by itself would hold on to all of the text.
    return String(JSON.parse(JSON.stringify(text.slice(0, maxLength))));
  });
}

/** Whether it is short enough as JSON, where a control character has six bytes. */
export function fitsInJson(value: unknown, maxBytes: number): boolean {
  return new TextEncoder().encode(JSON.stringify(value)).byteLength <= maxBytes;
}

function countOf(record: object): number {
  return Object.keys(record).length;
}
