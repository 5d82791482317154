import { Agent } from "undici";
import { decodeBody } from "./decodeBody";
import { toHttpFailure } from "./httpCall";

/** How long a provider may take; models load slowly, and a long prompt is silent before its first token. */
export interface ProviderDeadlines {
  /** Until the first byte of the answer, ms. */
  readonly firstByteMs: number;
  /** Between two pieces of it, ms. */
  readonly silenceMs: number;
}

const defaultDeadlines: ProviderDeadlines = { firstByteMs: 300_000, silenceMs: 120_000 };
/** To a server on this machine or in this network, ms. */
const CONNECT_TIMEOUT_MS = 10_000;

export interface ProviderCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body: string | undefined;
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As the provider sends them; leaving the loop early closes its connection. Throws ProviderFailure. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** A provider that did not answer, or not to the end. The message is for requesters: no key, no path, no prompt. */
export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
}

/** Of a provider's headers, those that mean something to the requester; cookies and the like stay here. */
const passedHeaders = /^(content-type|retry-after|x-ratelimit-.+)$/;

/** Calls one provider with its key. What a hub sent as headers is not looked at: these are our own. */
export class ProviderCalls {
  readonly #endpoint: string;
  readonly #apiKey: string | undefined;
  readonly #deadlines: ProviderDeadlines;
  readonly #agent: Agent;

  constructor(endpoint: string, apiKey: string | undefined, deadlines: ProviderDeadlines = defaultDeadlines) {
    this.#endpoint = endpoint;
    this.#apiKey = apiKey;
    this.#deadlines = deadlines;
    this.#agent = new Agent({
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: deadlines.firstByteMs,
      bodyTimeout: deadlines.silenceMs,
      // No connection is kept: several providers close idle ones after 5 s, and a POST that meets such a close is lost.
      pipelining: 0,
    });
  }

  /** Resolves with the status and headers. @throws ProviderFailure, or the signal's reason where it aborted. */
  async call({ method, path, body: text, stream, signal }: ProviderCall): Promise<ProviderAnswer> {
    try {
      const answer = await this.#agent.request({
        ...this.#target(path),
        method,
        headers: {
          accept: stream ? "text/event-stream" : "application/json",
          "accept-encoding": "identity",
          ...(text === undefined ? {} : { "content-type": "application/json" }),
          ...(this.#apiKey ? { authorization: `Bearer ${this.#apiKey}` } : {}),
        },
        body: text ?? null,
        signal,
      });
      const headers = Object.fromEntries(
        Object.entries(answer.headers).flatMap(([name, value]) =>
          value !== undefined && passedHeaders.test(name) ? [[name, String(value)]] : [],
        ),
      );
      const body = decodeBody(answer.body, String(answer.headers["content-encoding"] ?? ""));
      if (!body || answer.statusCode > 599) {
        answer.body.on("error", () => {}).destroy(); // Nobody will read it.
        throw new ProviderFailure("The provider's answer cannot be read.");
      }
      return { status: answer.statusCode, headers, body: this.#read(body, signal) };
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  /** Breaks off every call. */
  async close(): Promise<void> {
    await this.#agent.destroy();
  }

  /** Nothing of the key in a text that will leave this machine. */
  withoutKey(text: string): string {
    return this.#apiKey ? text.replaceAll(this.#apiKey, "[key]") : text;
  }

  #target(path: string): { origin: string; path: string } {
    const { origin, pathname } = new URL(this.#endpoint);
    return { origin, path: `${pathname.replace(/\/+$/, "")}${path}` };
  }

  async *#read(body: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      yield* body;
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof ProviderFailure) return error;
    const code = (error as { code?: unknown }).code;
    if (code === "UND_ERR_HEADERS_TIMEOUT")
      return new ProviderFailure(`The provider sent nothing for ${this.#deadlines.firstByteMs / 1_000} s.`);
    if (code === "UND_ERR_BODY_TIMEOUT")
      return new ProviderFailure(`The provider fell silent for ${this.#deadlines.silenceMs / 1_000} s.`);
    switch (toHttpFailure(error).reason) {
      case "refused":
        return new ProviderFailure("The provider does not answer: it is not running.");
      case "unknownHost":
      case "timedOut":
        return new ProviderFailure("The provider cannot be reached.");
      default:
        return new ProviderFailure("The provider broke off the connection.");
    }
  }
}
