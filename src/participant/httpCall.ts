import type { Dispatcher } from "undici";
import { ByteCollector } from "../common/byteCollector";
import { parseJson as parseBoundedJson } from "../common/parseJson";
import { Agent, request } from "../net/undici";

/** Why a call got no answer; each is one thing that a person can act on. */
export type HttpFailureReason =
  | "refused"
  | "unknownHost"
  | "timedOut"
  | "tooLarge"
  | "certificate"
  | "broken"
  | "aborted";

/** A call that got no usable answer. The message is for logs: it holds neither URL nor headers. */
export class HttpFailure extends Error {
  override readonly name = "HttpFailure";
  /** Of the system or of TLS; empty where it has none. */
  readonly code: string;
  constructor(
    readonly reason: HttpFailureReason,
    options?: { cause?: unknown },
  ) {
    super(`The call failed: ${reason}.`, options);
    this.code = codeOf(options?.cause);
  }
}

export interface HttpCall {
  readonly url: string;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  readonly headers?: Record<string, string>;
  readonly body?: string;
  /** For the whole call, connecting and reading included, ms. */
  readonly timeoutMs: number;
  /** An answer with a longer body fails, bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  /** Default: any origin, without a pin. */
  readonly dispatcher?: Dispatcher | undefined;
}

export interface HttpAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  /** The body as JSON, or undefined where it is none. */
  readonly json: unknown;
}

const anyOrigin = new Agent({ pipelining: 0 });

/** One short call with every size and wait bounded; redirects are not followed. @throws HttpFailure */
export async function callHttp(call: HttpCall): Promise<HttpAnswer> {
  const timeout = AbortSignal.timeout(call.timeoutMs);
  const signal = call.signal ? AbortSignal.any([call.signal, timeout]) : timeout;
  try {
    const { statusCode, headers, body } = await request(call.url, {
      method: call.method,
      headers: { accept: "application/json", "accept-encoding": "identity", ...call.headers },
      body: call.body ?? null,
      signal,
      // No connection is kept for a next call: nothing is left open when a probe or a session is over.
      reset: true,
      dispatcher: call.dispatcher ?? anyOrigin,
    });
    const text = await readText(body, call.maxBytes);
    return {
      status: statusCode,
      contentType: String(headers["content-type"] ?? ""),
      text,
      json: parseJson(text),
    };
  } catch (error) {
    if (call.signal?.aborted) throw new HttpFailure("aborted");
    if (timeout.aborted) throw new HttpFailure("timedOut");
    throw toHttpFailure(error);
  }
}

/** What an error of undici or of a socket means. */
export function toHttpFailure(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  return new HttpFailure(reasonOf(error), { cause: error });
}

function reasonOf(error: unknown): HttpFailureReason {
  const word = codeOf(error);
  if (word === "ECONNREFUSED") return "refused";
  if (word === "ENOTFOUND" || word === "EAI_AGAIN") return "unknownHost";
  if (/TIMEOUT|ETIMEDOUT/.test(word)) return "timedOut";
  if (/^(CERT_|ERR_TLS_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_(VERIFY|GET))/.test(word)) return "certificate";
  return "broken";
}

function codeOf(error: unknown): string {
  // Where several addresses were tried, each failure is in `errors` and the outer code may be missing.
  const { code, errors } = (error ?? {}) as { code?: unknown; errors?: { code?: unknown }[] };
  return String(code ?? errors?.[0]?.code ?? "");
}

async function readText(body: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  const collected = new ByteCollector();
  for await (const piece of body) {
    collected.push(piece);
    // Leaving the loop destroys the body, and with it the connection.
    if (collected.size > maxBytes) throw new HttpFailure("tooLarge");
  }
  return collected.text();
}

function parseJson(text: string): unknown {
  try {
    return parseBoundedJson(text);
  } catch {
    // Not JSON: the caller says what it expected instead.
    return undefined;
  }
}
