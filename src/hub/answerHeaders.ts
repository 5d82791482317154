import { eventStreamHeaders } from "./eventStream";

/** A participant is not trusted to set cookies, redirect, or open the hub to other origins: what may pass is named. */
const passed =
  /^(content-type|content-language|retry-after|retry-after-ms|openai-[\w-]+|x-ratelimit-[\w-]+)$/;

/** Clients take 16 KiB of headers, or a little less, and no answer with more; what is too much is left out. */
const MAX_HEAD_BYTES = 8 * 1024;

/** HTTP allows no control characters in a value; Node throws on them. */
const validValue = /^[\t\x20-\x7e\x80-\xff]{0,1024}$/;

/** A provider's headers as its requester gets them. Lengths and encodings are never the provider's: the bytes were decoded. */
export function answerHeaders(
  status: number,
  headers: Record<string, string>,
  wantsStream: boolean,
): Record<string, string> {
  const chosen: Record<string, string> = {};
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    if (!passed.test(name.toLowerCase()) || !validValue.test(value)) continue;
    bytes += name.length + value.length;
    if (bytes > MAX_HEAD_BYTES) break;
    chosen[name.toLowerCase()] = value;
  }
  const failed = status >= 400;
  const type = chosen["content-type"];
  // An error is never a stream of events, whatever the provider labels it.
  if (!type || (failed && /^text\/event-stream/i.test(type))) {
    chosen["content-type"] = wantsStream && !failed ? "text/event-stream" : "application/json";
  }
  const isStream = /^text\/event-stream/i.test(chosen["content-type"] ?? "");
  return {
    ...(isStream ? { ...eventStreamHeaders } : { "cache-control": "no-store" }),
    ...chosen,
    // Opened in a browser, a participant's answer must not run as a page of the hub.
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
  };
}
