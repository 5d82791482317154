import { randomUUID } from "node:crypto";
import { ByteCollector } from "../common/byteCollector";
import type { Clock } from "../common/clock";
import { isRecord } from "../common/isRecord";
import { MAX_ANSWER_FIELDS, parseJson } from "../common/parseJson";
import { chatToResponse } from "../protocol/chatToResponse";
import { ChatToResponsesStream } from "../protocol/chatToResponsesStream";
import { MAX_TEXT_LENGTH } from "../protocol/constants";
import { responsesRequestSchema } from "../protocol/inference";
import { responsesToChat } from "../protocol/responsesToChat";
import { UntranslatableError } from "../protocol/untranslatableError";
import { joined } from "./answerBody";
import { EventCount } from "./eventCount";
import { BodyError, type IncomingBody } from "./incomingBody";
import { type ProviderAnswer, type ProviderCalls, ProviderFailure } from "./providerCalls";
import { ReceivedBody } from "./receivedBody";
import { type AllowedRequest, type BodyLimits, checkBody, isGenerating } from "./requestPolicy";
import { ResponseIdReader } from "./responseIdReader";
import type { RunningResponses } from "./runningResponses";
import { StreamKeepAlive } from "./streamKeepAlive";
import { serveTranslatedStream } from "./translatedStream";
import type { TunnelAnswer } from "./tunnelAnswer";

/** A whole (not streamed) answer that must be read to be translated, or an error to be looked over, bytes. */
const MAX_WHOLE_BYTES = 32 * 1024 * 1024;
const MAX_ERROR_BYTES = 64 * 1024;

export interface ServingContext {
  readonly provider: ProviderCalls;
  readonly limits: BodyLimits;
  /** Whether the provider has `/v1/responses` itself. */
  readonly nativeResponses: boolean;
  readonly running: RunningResponses;
  readonly clock: Clock;
  /**
   * Whether the hub is a plain Gambi hub: translated streams begin before the provider answers (see
   * `serveTranslatedStream`), and silent ones are kept alive (see StreamKeepAlive).
   */
  readonly startEarly: boolean;
}

export interface RequestContext extends ServingContext {
  /** Called after every change of what is served, and of what is known about it. */
  onDidChangeActive(): void;
}

/** Why a request's signal aborted; told apart because each is answered differently. */
type Stop = "cancelled" | "finished early" | "tunnel gone";

/** One request from a hub, from its first byte to the last of its answer. */
export class ServedRequest {
  readonly startedAt: number;
  /** Of the provider's stream, so far: about one for each token. None where it does not stream. */
  readonly events = new EventCount();
  readonly #context: RequestContext;
  readonly #stop = new AbortController();
  #asker: string | undefined;

  constructor(
    readonly requestId: string,
    readonly request: AllowedRequest,
    readonly answer: TunnelAnswer,
    context: RequestContext,
    /** Where it comes in frames; let go of once it is there. */
    public body: IncomingBody | undefined,
  ) {
    this.#context = context;
    this.startedAt = context.clock.now();
  }

  /** Who asks, as the request says: nobody has checked it. Undefined where it says nothing, or has not come yet. */
  get asker(): string | undefined {
    return this.#asker;
  }

  /** Runs it to its end; the answer is over when this resolves. Never rejects. */
  async serve(inlineBody: unknown): Promise<void> {
    try {
      await this.#serve(this.body ? await this.#receive(this.body) : ReceivedBody.read(inlineBody));
    } catch (error) {
      // Telling it can fail as well, where the hub takes nothing more.
      await this.#fail(error).catch(() => {});
    } finally {
      this.answer.fail("proxy", "The request was not answered.");
    }
  }

  async #receive(body: IncomingBody): Promise<ReceivedBody> {
    const bytes = await body.whole;
    this.body = undefined;
    return ReceivedBody.of(bytes);
  }

  /** The requester went away, or the owner wants no more: the provider is stopped and the hub is told at once. */
  cancel(why = "The request was cancelled."): void {
    this.#abort("cancelled");
    this.answer.fail("cancelled", why);
  }

  /** The tunnel is gone: the provider is stopped, and there is nobody to tell. */
  abandon(): void {
    this.#abort("tunnel gone");
    this.answer.abandon();
  }

  #abort(why: Stop): void {
    this.#stop.abort(why);
    this.body?.abandon();
  }

  async #serve(body: ReceivedBody): Promise<void> {
    this.#asker = askerIn(body.outline);
    if (this.#asker !== undefined) this.#context.onDidChangeActive();
    const { operation, responseId } = this.request;
    if (
      operation === "responses.cancel" &&
      responseId !== undefined &&
      this.#context.running.stop(responseId)
    ) {
      this.answer.start(200, { "content-type": "application/json" });
      await this.answer.json({ id: responseId, object: "response", status: "cancelled" });
      return;
    }
    const isResponses = operation.startsWith("responses.");
    if (isResponses && !this.#context.nativeResponses && !this.request.generates) {
      await this.answer.refuse({
        status: 404,
        code: "response_not_found",
        message: "Responses are not stored here.",
      });
      return;
    }
    if (operation === "models.list") return this.#listModels();
    if (!isGenerating(operation)) return this.#pass(this.#call(undefined, false), false);
    const checked = checkBody(operation, body.outline, this.#context.limits);
    if (!checked.valid) return this.answer.refuse(checked.refusal);
    const { value, fields } = checked.value;
    if (isResponses && !this.#context.nativeResponses) return this.#translate({ ...body.whole(), ...fields });
    const stream = value.stream === true;
    return this.#pass(this.#call(body.with(fields), stream), stream);
  }

  /** What is shared, not what the provider has: the rest of it is the owner's own. */
  async #listModels(): Promise<void> {
    this.answer.start(200, { "content-type": "application/json" });
    const created = Math.floor(this.startedAt / 1_000);
    const model = { id: this.#context.limits.model, object: "model", created, owned_by: "llm-rooms" };
    await this.answer.json({ object: "list", data: [model] });
  }

  #call(body: string | Uint8Array | undefined, stream: boolean): Promise<ProviderAnswer> {
    const { method, path } = this.request;
    return this.#context.provider.call({ method, path, body, stream, signal: this.#stop.signal });
  }

  /** The provider's answer as it is, byte for byte. The body that it answers is not held on to meanwhile. */
  async #pass(calling: Promise<ProviderAnswer>, stream: boolean): Promise<void> {
    const { operation } = this.request;
    const provider = await calling;
    if (await this.#refusedByProvider(provider)) return;
    let forget = () => {};
    const reader =
      stream && operation === "responses.create"
        ? new ResponseIdReader((id) => {
            forget = this.#context.running.add(id, () => this.#abort("finished early"));
          })
        : undefined;
    const isStream = isEventStream(provider);
    let alive: StreamKeepAlive | undefined;
    try {
      this.answer.start(provider.status, provider.headers);
      if (this.#context.startEarly && isStream) alive = new StreamKeepAlive(this.answer, this.#context.clock);
      const { body } = provider;
      for (let pieces = await body.read(); pieces; pieces = await body.read()) {
        if (reader) for (const piece of pieces) reader.look(piece);
        if (isStream) for (const piece of pieces) this.events.look(piece);
        if (alive) await alive.write(joined(pieces));
        else await this.answer.writeAll(pieces);
      }
      this.answer.end();
    } finally {
      provider.body.close();
      alive?.dispose();
      forget();
    }
  }

  /** A Responses request for a provider that has chat completions only. */
  async #translate(body: Record<string, unknown>): Promise<void> {
    const { provider, running, clock } = this.#context;
    const request = responsesRequestSchema.parse(body);
    const stream = request.stream === true;
    const chat = JSON.stringify(responsesToChat(request));
    const responseId = `resp_${randomUUID().replaceAll("-", "")}`;
    const context = { request, responseId, createdAt: clock.now() };
    const { signal } = this.#stop;
    const calling = provider.call({
      method: "POST",
      path: "/v1/chat/completions",
      body: chat,
      stream,
      signal,
    });
    if (!stream) {
      const answered = await calling;
      if (await this.#refusedByProvider(answered)) return;
      const response = translateWhole(await readWhole(answered.body, MAX_WHOLE_BYTES), context);
      this.answer.start(200, { "content-type": "application/json" });
      await this.answer.json(response);
      return;
    }
    const forget = running.add(responseId, () => this.#abort("finished early"));
    try {
      await serveTranslatedStream({
        answer: this.answer,
        calling,
        translation: new ChatToResponsesStream(context),
        events: this.events,
        clock,
        startEarly: this.#context.startEarly,
        refusedByProvider: (answered) => this.#refusedByProvider(answered),
        wasFinishedEarly: () => signal.reason === "finished early",
      });
    } finally {
      forget();
    }
  }

  /** Errors of the provider are looked over before they leave: a key may be repeated in them. */
  async #refusedByProvider({ status, headers, body }: ProviderAnswer): Promise<boolean> {
    if (status < 300) return false;
    // Nobody reads what follows: a paused connection would stay.
    if (status < 400 || status === 401 || status === 403) body.close();
    if (status === 401 || status === 403)
      throw new ProviderFailure("The provider refuses the key that this participant has for it.");
    if (status < 400) throw new ProviderFailure("The provider redirects to another address.");
    const bytes = await readWhole(body, MAX_ERROR_BYTES);
    const text = Buffer.from(bytes).toString();
    const clean = this.#context.provider.withoutKey(text);
    this.answer.start(status, headers);
    await this.answer.write(clean === text ? bytes : Buffer.from(clean));
    this.answer.end();
    return true;
  }

  async #fail(error: unknown): Promise<void> {
    if (this.#stop.signal.aborted) {
      // Stopped by a cancel of the response's id: what came so far is the whole answer.
      if (this.#stop.signal.reason === "finished early") this.answer.end();
      return;
    }
    // A body that did not come is the tunnel's fault: a 400 would blame the requester, and nobody else would be asked.
    if (error instanceof ProviderFailure || error instanceof BodyError)
      this.answer.fail("proxy", error.message);
    else if (error instanceof UntranslatableError)
      await this.answer.refuse({ status: 400, code: "unsupported_parameter", message: error.message });
    else if (error instanceof SyntaxError)
      await this.answer.refuse({
        status: 400,
        code: "invalid_body",
        message: "The body is not JSON.",
      });
    // Not the error's own words: they may quote the body.
    else this.answer.fail("proxy", "The participant could not serve the request.");
  }
}

/** @throws ProviderFailure */
function translateWhole(
  bytes: Uint8Array,
  context: ChatToResponsesStream["context"],
): Record<string, unknown> {
  try {
    return chatToResponse(jsonOf(bytes), context);
  } catch {
    // Whatever is wrong with it, the requester can only be told that it is no answer.
    throw new ProviderFailure("The provider's answer is not a chat completion.");
  }
}

function askerIn(body: unknown): string | undefined {
  const user = isRecord(body) ? body.user : undefined;
  return typeof user === "string" && user.trim() !== "" ? user.slice(0, MAX_TEXT_LENGTH) : undefined;
}

function isEventStream({ headers }: ProviderAnswer): boolean {
  return headers["content-type"]?.startsWith("text/event-stream") === true;
}

/** @throws SyntaxError */
function jsonOf(bytes: Uint8Array): unknown {
  return parseJson(new TextDecoder().decode(bytes), { maxFields: MAX_ANSWER_FIELDS });
}

async function readWhole(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  const collected = new ByteCollector();
  for await (const piece of body) {
    collected.push(piece);
    if (collected.size > maxBytes) throw new ProviderFailure("The provider's answer is too long.");
  }
  return collected.bytes();
}
