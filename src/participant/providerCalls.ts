import type { Dispatcher } from "undici";
import { errorCode } from "../common/errorCode";
import { Agent, buildConnector } from "../net/undici";
import type { AnswerBody } from "./answerBody";
import { decodeBody } from "./decodeBody";
import { toHttpFailure } from "./httpCall";
import { type AnswerHead, ProviderExchange } from "./providerExchange";
import { ReusedConnections } from "./reusedConnections";

/** How long a provider may take; models load slowly, and a long prompt is silent before its first token. */
export interface ProviderDeadlines {
  /** Until the first byte of the answer, ms. */
  readonly firstByteMs: number;
  /** Between two pieces of it, ms. */
  readonly silenceMs: number;
  /**
   * A close that crosses a request on its way is seen within a round trip; later it is an accident of the provider's at its
   * work, which must not be given that work again.
   */
  readonly crossingMs: number;
}

const defaultDeadlines: ProviderDeadlines = { firstByteMs: 300_000, silenceMs: 120_000, crossingMs: 1_000 };
/** To a server on this machine or in this network, ms. */
const CONNECT_TIMEOUT_MS = 10_000;
/** An idle connection is kept so long, ms: several providers close theirs after 5 s. */
const KEPT_MS = 3_500;

export interface ProviderCall {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly body: string | Uint8Array | undefined;
  readonly stream: boolean;
  readonly signal: AbortSignal;
}

export interface ProviderAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** As the provider sends it; leaving the loop early closes its connection. Throws ProviderFailure. */
  readonly body: AnswerBody;
}

/** A provider that did not answer, or not to the end. The message is for requesters: no key, no path, no prompt. */
export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
}

/** Of a provider's headers, those that mean something to the requester; cookies and the like stay here. */
const passedHeaders = /^(content-type|retry-after|x-ratelimit-.+)$/;

/** Calls one provider with its key. What a hub sent as headers is not looked at: these are our own. */
export class ProviderCalls {
  readonly #origin: string;
  /** Before a path, without a slash at its end. */
  readonly #base: string;
  readonly #apiKey: string | undefined;
  readonly #deadlines: ProviderDeadlines;
  readonly #kept: Agent;
  /** For a second try: each request on a connection of its own. */
  readonly #fresh: Agent;
  readonly #reused = new ReusedConnections(buildConnector({ timeout: CONNECT_TIMEOUT_MS }));

  constructor(endpoint: string, apiKey: string | undefined, deadlines: Partial<ProviderDeadlines> = {}) {
    const { origin, pathname } = new URL(endpoint);
    this.#origin = origin;
    this.#base = pathname.replace(/\/+$/, "");
    this.#apiKey = apiKey;
    this.#deadlines = { ...defaultDeadlines, ...deadlines };
    const options = {
      connect: this.#reused.connect,
      headersTimeout: this.#deadlines.firstByteMs,
      bodyTimeout: this.#deadlines.silenceMs,
    };
    this.#kept = new Agent({ ...options, keepAliveTimeout: KEPT_MS, keepAliveMaxTimeout: KEPT_MS });
    this.#fresh = new Agent({ ...options, pipelining: 0 });
  }

  /** Resolves with the status and headers. @throws ProviderFailure, or the signal's reason where it aborted. */
  async call({ method, path, body: json, stream, signal }: ProviderCall): Promise<ProviderAnswer> {
    const request = {
      origin: this.#origin,
      path: `${this.#base}${path}`,
      method,
      headers: {
        accept: stream ? "text/event-stream" : "application/json",
        "accept-encoding": "identity",
        ...(json === undefined ? {} : { "content-type": "application/json" }),
        ...(this.#apiKey ? { authorization: `Bearer ${this.#apiKey}` } : {}),
      },
      body: json ?? null,
    };
    try {
      const { head, body } = await this.#ask(request, signal);
      const decoded = decodeBody(body, String(head.headers["content-encoding"] ?? ""), (error) =>
        this.#explain(error, signal),
      );
      if (!decoded || head.status > 599) {
        body.close(); // Nobody will read it.
        throw new ProviderFailure("The provider's answer cannot be read.");
      }
      return { status: head.status, headers: passed(head), body: decoded };
    } catch (error) {
      throw this.#explain(error, signal);
    }
  }

  /** Breaks off every call. */
  async close(): Promise<void> {
    await Promise.all([this.#kept.destroy(), this.#fresh.destroy()]);
  }

  /** Nothing of the key in a text that will leave this machine. */
  withoutKey(text: string): string {
    return this.#apiKey ? text.replaceAll(this.#apiKey, "[key]") : text;
  }

  async #ask(
    request: Dispatcher.DispatchOptions,
    signal: AbortSignal,
  ): Promise<{ head: AnswerHead; body: AnswerBody }> {
    const explain = (error: unknown) => this.#explain(error, signal);
    const askedAt = performance.now();
    const before = this.#reused.brought();
    const first = new ProviderExchange(signal, explain);
    this.#kept.dispatch(request, first);
    try {
      return { head: await first.head, body: first.body };
    } catch (error) {
      // A kept connection may be closed in the very moment that a request goes out on it.
      const crossed =
        this.#reused.brokeOff(error, before) && performance.now() - askedAt < this.#deadlines.crossingMs;
      if (signal.aborted || first.hasBegun || !crossed) throw error;
    }
    const second = new ProviderExchange(signal, explain);
    this.#fresh.dispatch(request, second);
    return { head: await second.head, body: second.body };
  }

  #explain(error: unknown, signal: AbortSignal): unknown {
    if (signal.aborted) return signal.reason;
    if (error instanceof ProviderFailure) return error;
    const code = errorCode(error);
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

function passed({ headers }: AnswerHead): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && passedHeaders.test(name)) result[name] = String(value);
  }
  return result;
}
