import type { Dispatcher } from "undici";
import { type Clock, systemClock } from "../common/clock";
import { HumanError } from "../common/humanError";
import { makeHubDispatcher } from "../net/hubDispatcher";
import { MAX_BODY_BYTES } from "../protocol/constants";
import { participantHeader, requestIdHeader } from "../protocol/inference";
import type { AnswerDelta } from "./answerDelta";
import { brokenStream } from "./answerReader";
import { ChatExchange } from "./chatExchange";
import { type ChatRoute, chatRoutes } from "./chatRoute";
import { Deadline } from "./deadline";
import { HubClient } from "./hubClient";
import type { HubAnswer } from "./hubTransport";
import { normaliseHubUrl } from "./hubUrl";
import { type Asked, inferenceError, promptTooLong } from "./inferenceError";
import { safeText } from "./safeText";
import { TokenMeter } from "./tokenMeter";

export interface ChatMessage {
  readonly role: "system" | "user" | "assistant";
  readonly content: string;
}

export interface ChatOptions {
  hubUrl: string;
  roomCode: string;
  /** Of the hub's certificate, from its invite; see HubClientOptions. */
  fingerprint?: string | undefined;
  /** The room's member or host token, where it is protected; a secret. */
  token?: string | undefined;
  /** A selector: participant id, `model:<name>`, or `any`. */
  model: string;
  /** The participant's nickname, for errors. */
  targetName?: string | undefined;
  messages: readonly ChatMessage[];
  /** Who asks, by nickname: a hub that queues is fair between those of one address by it, and a sharer sees it. */
  user?: string | undefined;
  /** What the hub listed in its health; asked for where it is not given. None: a plain Gambi hub. */
  features?: readonly string[] | undefined;
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
  limits?: Partial<ChatLimits> | undefined;
  /** Makes the dispatcher of one request, which destroys it at its end. Default: undici's Agent. */
  makeDispatcher?: (() => Dispatcher) | undefined;
}

export interface ChatLimits {
  /** Until the first piece of the answer, ms: a little longer than the hub waits, so that its own error comes first. */
  firstPieceMs: number;
  /** Between two pieces, ms; longer than the hub's again. */
  silenceMs: number;
  /** While it is queued: between two signs of the hub's life, which a hub of ours sends every 10 s, ms. */
  queueSilenceMs: number;
  /** In the queue altogether, whatever the hub says, ms. */
  queueMs: number;
  /** Text and reasoning of one answer together, UTF-16 units. */
  maxAnswerLength: number;
}

const defaultLimits: ChatLimits = {
  firstPieceMs: 315_000,
  silenceMs: 130_000,
  queueSilenceMs: 60_000,
  queueMs: 3_600_000,
  maxAnswerLength: 16 * 1024 * 1024,
};

export type ChatPart =
  /** It waits for a participant to come free, or moved up; 1 is next. Never after the answer has begun. */
  | { readonly type: "queued"; readonly position: number; readonly estimatedWaitMs?: number }
  /** Who answers, as soon as it is known (absent on a Gambi hub); again where another one took over. */
  | { readonly type: "answering"; readonly participantId?: string; readonly requestId?: string }
  | { readonly type: "text"; readonly text: string }
  /** A reasoning model's thinking, shown apart from the answer. */
  | { readonly type: "reasoning"; readonly text: string }
  /** Last, once; not where the signal aborted. Tokens are counted by the client where the provider tells no usage. */
  | {
      readonly type: "done";
      readonly finishReason: string | undefined;
      readonly ttftMs: number | undefined;
      readonly durationMs: number;
      readonly outputTokens: number;
      readonly tokensPerSecond: number | undefined;
    };

/**
 * Streams one answer. Aborting the signal ends the iteration at once, without an error, and frees the participant as
 * well as the hub allows: a hub of ours sees the request go; on a Gambi hub the response is cancelled by its id and drained.
 * @throws HumanError; where text came before the failure it has been yielded, and nothing is retried.
 */
export async function* streamChat(options: ChatOptions): AsyncGenerator<ChatPart> {
  const clock = options.clock ?? systemClock;
  const stop = new Deadline(clock, options.signal);
  try {
    yield* new ChatRun(options, clock, stop).parts();
  } catch (error) {
    if (!options.signal?.aborted) throw error;
  } finally {
    stop.dispose();
  }
}

/** One call of streamChat. */
class ChatRun {
  readonly #options: ChatOptions;
  readonly #limits: ChatLimits;
  readonly #clock: Clock;
  readonly #stop: Deadline;
  readonly #meter: TokenMeter;
  readonly #asked: Asked;
  #length = 0;
  /** Since when it waits in the hub's queue. */
  #queuedSince: number | undefined;
  #finishReason: string | undefined;

  constructor(options: ChatOptions, clock: Clock, stop: Deadline) {
    this.#options = options;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#clock = clock;
    this.#stop = stop;
    this.#meter = new TokenMeter(clock);
    this.#asked = { selector: options.model, name: options.targetName };
  }

  async *parts(): AsyncGenerator<ChatPart> {
    const hubUrl = normaliseHubUrl(this.#options.hubUrl);
    const features = this.#options.features ?? (await this.#askFeatures(hubUrl));
    this.#armFirstPiece();
    for (const route of chatRoutes(features, this.#options)) {
      const exchange = this.#exchange(hubUrl, route);
      let finished = false;
      try {
        const answer = await exchange.open();
        if (answer.status < 400) {
          yield* answering(answer);
          yield* this.#pieces(exchange, route);
          finished = true;
          yield { type: "done", finishReason: this.#finishReason, ...this.#meter.summary() };
          return;
        }
        const refusal = await exchange.refusal();
        if (route.passedOnBy?.has(answer.status)) continue;
        throw inferenceError(answer.status, answer.header("retry-after"), refusal, this.#asked);
      } finally {
        exchange.release(finished);
      }
    }
  }

  async #askFeatures(hubUrl: string): Promise<readonly string[]> {
    const { fingerprint } = this.#options;
    const health = await new HubClient(hubUrl, { clock: this.#clock, fingerprint }).health(this.#stop.signal);
    return health.hub?.features ?? [];
  }

  #exchange(hubUrl: string, route: ChatRoute): ChatExchange {
    if (Buffer.byteLength(route.body) > MAX_BODY_BYTES) throw promptTooLong();
    const { fingerprint, token, makeDispatcher = () => makeHubDispatcher(fingerprint) } = this.#options;
    const dispatcher = makeDispatcher();
    const transport = { hubUrl, dispatcher, token, clock: this.#clock };
    return new ChatExchange({ ...route, transport, signal: this.#stop.signal });
  }

  /** Text and reasoning up to the answer's end. */
  async *#pieces(exchange: ChatExchange, route: ChatRoute): AsyncGenerator<ChatPart> {
    let seen = 0;
    for (;;) {
      const deltas = await this.#next(exchange, route);
      for (const delta of deltas ?? exchange.end()) {
        if (delta.type === "end") return;
        yield* this.#take(delta);
      }
      if (!deltas) break;
      if (this.#queuedSince !== undefined) this.#armQueue(this.#queuedSince);
      if (this.#length > 0 && exchange.events > seen) this.#armSilence();
      seen = exchange.events;
    }
    if (this.#finishReason === undefined) throw brokenOff(route);
  }

  async #next(exchange: ChatExchange, route: ChatRoute): Promise<AnswerDelta[] | undefined> {
    try {
      return await exchange.next();
    } catch (error) {
      // The connection broke in the middle of an answer: that is the answer's end, not a hub that cannot be reached.
      const broke = error instanceof HumanError && /^(HUB_UNREACHABLE|NOT_A_HUB)$/.test(error.code);
      throw broke ? brokenOff(route, error) : error;
    }
  }

  *#take(delta: AnswerDelta): Generator<ChatPart> {
    switch (delta.type) {
      case "queued":
        this.#queuedSince ??= this.#clock.monotonic();
        yield delta;
        return;
      case "servedBy":
        yield* this.#served(delta.participantId);
        return;
      case "text":
      case "reasoning":
        this.#queuedSince = undefined;
        this.#meter.delta();
        this.#length += delta.text.length;
        if (this.#length > this.#limits.maxAnswerLength)
          throw brokenStream("The answer is too long and was stopped.");
        yield delta;
        return;
      case "usage":
        this.#meter.usage(delta.outputTokens);
        return;
      case "finished":
        this.#finishReason = delta.reason;
        return;
      case "failed":
        throw delta.error;
      case "responseId":
      case "end":
        return;
      default:
        delta satisfies never;
    }
  }

  /** The queue is over, and what follows is the participant's time. */
  *#served(encodedId: string): Generator<ChatPart> {
    if (this.#queuedSince !== undefined) this.#meter.served();
    this.#queuedSince = undefined;
    this.#armFirstPiece();
    const participantId = safeText(decode(encodedId));
    if (participantId !== "") yield { type: "answering", participantId };
  }

  #armFirstPiece(): void {
    this.#stop.arm(this.#limits.firstPieceMs, () => this.#tooLate("did not begin to answer in time"));
  }

  /** As long as the hub keeps us in its queue; but a hub that only says so for ever is no good. */
  #armQueue(since: number): void {
    const { queueMs, queueSilenceMs } = this.#limits;
    const restMs = since + queueMs - this.#clock.monotonic();
    this.#stop.arm(Math.max(0, Math.min(restMs, queueSilenceMs)), () => queueTooLong());
  }

  #armSilence(): void {
    this.#stop.arm(this.#limits.silenceMs, () => this.#tooLate("went silent in the middle of its answer"));
  }

  #tooLate(what: string): HumanError {
    const who = this.#options.targetName ? safeText(this.#options.targetName) : "The participant";
    return new HumanError("TIMED_OUT", `${who} ${what}.`, "Try again, or ask another participant.");
  }
}

function queueTooLong(): HumanError {
  const message = "No participant came free in time, or the hub went silent.";
  return new HumanError("QUEUE_TIMEOUT", message, "Try again later, or ask another participant.");
}

function* answering(answer: HubAnswer): Generator<ChatPart> {
  const participantId = safeText(decode(answer.header(participantHeader)));
  const requestId = safeText(answer.header(requestIdHeader));
  if (participantId === "" && requestId === "") return;
  yield {
    type: "answering",
    ...(participantId === "" ? {} : { participantId }),
    ...(requestId === "" ? {} : { requestId }),
  };
}

/** A hub of ours percent-encodes ids, since a header takes no other letters than Latin ones. */
function decode(header: string): string {
  try {
    return decodeURIComponent(header);
  } catch {
    return header; // Not encoded: it stands for itself.
  }
}

function brokenOff(route: ChatRoute, cause?: unknown): HumanError {
  // Known of that hub: it cuts a stream that is silent for more than some ten seconds.
  const why = route.drains ? " (a Gambi hub cuts streams that pause for 10 s)" : "";
  return brokenStream(`The answer broke off before its end${why}.`, { cause });
}
