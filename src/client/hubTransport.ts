import type { Dispatcher } from "undici";
import { ByteCollector } from "../common/byteCollector";
import type { Clock } from "../common/clock";
import { parseJson as parseBoundedJson } from "../common/parseJson";
import { request } from "../net/undici";
import { hubUrlFor } from "../protocol/paths";
import { redirected } from "./hubRefusal";
import { networkError } from "./networkError";

/** How to reach one hub. Whoever makes the dispatcher destroys it. */
export interface HubTransport {
  readonly hubUrl: string;
  readonly dispatcher: Dispatcher;
  /** A room's member or host token; a secret. */
  readonly token?: string | undefined;
  readonly clock: Clock;
}

export interface HubCall {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  path: string;
  /** JSON. */
  body?: string | undefined;
  accept?: string;
  /** Further ones. */
  headers?: Record<string, string>;
  signal: AbortSignal;
}

export interface HubAnswer {
  readonly status: number;
  /** The header's first value; empty where it is absent. */
  header(name: string): string;
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Sends a request and resolves with its answer's head, whatever the status but a redirect.
 * @throws HumanError, or the signal's reason where it aborted.
 */
export async function callHub(transport: HubTransport, call: HubCall): Promise<HubAnswer> {
  const { hubUrl, dispatcher, token } = transport;
  const headers: Record<string, string> = { ...call.headers, accept: call.accept ?? "application/json" };
  if (token !== undefined) headers.authorization = `Bearer ${token}`;
  if (call.body !== undefined) headers["content-type"] = "application/json";
  try {
    const { method, signal } = call;
    const url = hubUrlFor(hubUrl, call.path);
    const answer = await request(url, { method, headers, body: call.body ?? null, signal, dispatcher });
    const header = (name: string) => [answer.headers[name] ?? ""].flat()[0] ?? "";
    const status = answer.statusCode;
    if (status >= 300 && status < 400) {
      answer.body.on("error", () => {}).destroy(); // Its content is of no use, nor is how reading it would fail.
      throw redirected(hubUrl, header("location"));
    }
    return { status, header, body: answer.body };
  } catch (error) {
    throw call.signal.aborted ? call.signal.reason : networkError(error, hubUrl);
  }
}

/** The body's text, or undefined where it is longer. @throws what reading it fails with. */
export async function readBounded(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
): Promise<string | undefined> {
  const collected = new ByteCollector();
  for await (const piece of body) {
    collected.push(piece);
    if (collected.size > maxBytes) return undefined;
  }
  return collected.text();
}

/** The value, or undefined where it is not JSON (which itself has no undefined). */
export function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    return undefined; // The caller knows what was asked for and says so.
  }
}
