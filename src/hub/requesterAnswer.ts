import type { ServerResponse } from "node:http";
import { ByteCollector } from "../common/byteCollector";
import { type Clock, setRepeating } from "../common/clock";
import { DisposableStore } from "../common/disposable";
import { isRecord } from "../common/isRecord";
import { SSE_KEEPALIVE_MS } from "../protocol/constants";
import { answerComment, participantHeader, requestIdHeader, waitingHeader } from "../protocol/inference";
import { writeSse, writeSseComment } from "../protocol/sse";
import { answerHeaders } from "./answerHeaders";
import { AnswerPipe } from "./answerPipe";
import type { ByteBudget, ByteShare } from "./byteBudget";
import { addressOf, networkOf } from "./clientAddress";
import { Deadline } from "./deadline";
import { eventStreamHeaders } from "./eventStream";
import { Refusal } from "./refusal";

export interface AnswerOptions {
  clock: Clock;
  requestId: string;
  wantsStream: boolean;
  /** A response is asked for, whose events have types. */
  wantsResponse?: boolean | undefined;
  /** Unread bytes at which the requester counts as gone. */
  maxUnsentBytes: number;
  /** For one message that is longer than that. */
  unsent: ByteBudget;
  /** A requester that takes nothing for so long counts as gone, ms. */
  stalledMs: number;
  /** How long a finished answer waits to be taken, ms. */
  flushMs: number;
  /** The requester went away, or does not read; never after the answer has ended. */
  onGone: () => void;
}

type State =
  | { state: "unsent" }
  /** A 200 was sent to keep a waiting requester alive; what the provider answers is not known yet. */
  | { state: "promised" }
  | { state: "open"; isEventStream: boolean }
  /** The provider answered with an error, or not as a stream, after the promise: it becomes one event. */
  | { state: "error"; status: number; body: ByteCollector }
  | { state: "over" };

/** The longest body of a provider's error that is kept to be told, bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

/** The requester's side of one request: Node's own response, and what may still be said in it. */
export class RequesterAnswer {
  readonly #response: ServerResponse;
  readonly #options: AnswerOptions;
  readonly #disposables = new DisposableStore();
  readonly #pipe: AnswerPipe;
  /** Of the memory for long messages. */
  readonly #share: ByteShare;
  #state: State = { state: "unsent" };
  #stalled: Deadline | undefined;
  #unsentBytes = 0;
  /** The last four bytes of what was written. */
  #tail = 0;
  #follower: ((unsentBytes: number, wasTaken: boolean) => void) | undefined;

  constructor(response: ServerResponse, options: AnswerOptions) {
    this.#response = response;
    this.#share = options.unsent.share(networkOf(addressOf(response.req.socket)));
    this.#options = options;
    response.setHeader(requestIdHeader, options.requestId);
    response.once("close", () => {
      this.#share.dispose();
      this.#closed();
    });
    this.#pipe = new AnswerPipe(response, (unsentBytes, wasTaken) => this.#moved(unsentBytes, wasTaken));
    if (options.wantsStream) {
      this.#disposables.add(setRepeating(options.clock, () => this.#keepAlive(), SSE_KEEPALIVE_MS));
    }
  }

  /**
   * @param follower hears, whenever something was written or taken, how much the requester has not taken yet; `wasTaken`:
   * it had kept us waiting, and has gone on just now.
   */
  follow(follower: (unsentBytes: number, wasTaken: boolean) => void): void {
    this.#follower = follower;
  }

  get unsentBytes(): number {
    return this.#pipe.unsentBytes;
  }

  /** Who serves it now: a header, or a comment where the headers were sent while it waited. */
  servedBy(participantId: string): void {
    const name = encodeURIComponent(participantId);
    if (this.#state.state === "unsent") this.#response.setHeader(participantHeader, name);
    else if (this.#state.state === "promised") this.#pipe.writeText(writeSseComment(`participant ${name}`));
  }

  /** Tells a requester that waits for a stream how its request stands; others cannot be told before their answer. */
  tellWaiting(text: string): void {
    if (!this.#options.wantsStream) return;
    this.#promise();
    if (this.#state.state === "promised") this.#pipe.writeText(writeSseComment(text));
  }

  /** The provider's status and headers. */
  start(status: number, headers: Record<string, string>): void {
    if (this.#state.state === "promised") {
      const { "content-type": type = "text/event-stream" } = headers;
      // Comments were sent already: a whole answer behind them could be read by nobody.
      const failed = status >= 400 || !/^text\/event-stream/i.test(type);
      this.#state = failed
        ? { state: "error", status, body: new ByteCollector() }
        : { state: "open", isEventStream: true };
      // A participant's comments must not be taken for the hub's word.
      if (!failed) this.#pipe.writeText(writeSseComment(answerComment));
      return;
    }
    if (this.#state.state !== "unsent") return;
    const chosen = answerHeaders(status, headers, this.#options.wantsStream);
    this.#response.writeHead(status, chosen);
    this.#pipe.begin();
    this.#state = { state: "open", isEventStream: /^text\/event-stream/i.test(chosen["content-type"] ?? "") };
  }

  /** The token's path: the tunnel's bytes into the requester's socket, nothing between. */
  write(bytes: Uint8Array): void {
    const state = this.#state;
    if (state.state === "open") {
      this.#tail = tailAfter(this.#tail, bytes);
      this.#pipe.write(bytes);
    } else if (state.state === "error") {
      if (state.body.size < MAX_ERROR_BYTES) state.body.push(bytes.subarray(0, MAX_ERROR_BYTES));
      // None of it waits for the requester: else a participant that keeps to its grant would wait for the next.
      this.#follower?.(0, false);
    }
  }

  end(): void {
    const state = this.#state;
    if (state.state === "over") return;
    if (state.state === "error")
      this.#pipe.writeText(this.#errorEvent(providerError(state.status, state.body.text())));
    this.#finish();
  }

  /** Says what went wrong in the shape that still fits: a status with JSON, an event, or a connection that breaks. */
  fail(refusal: Refusal): void {
    const state = this.#state;
    if (state.state === "over") return;
    const body = refusal.toInferenceError();
    if (state.state === "unsent") {
      this.#response.writeHead(refusal.status, { "content-type": "application/json", ...refusal.headers });
      this.#pipe.writeText(JSON.stringify(body));
    } else if (state.state === "open" && !state.isEventStream) {
      // Half a JSON document cannot say that it failed; a broken connection can.
      this.#drop();
      return;
    } else {
      const midEvent = state.state === "open" && !this.#isBetweenEvents;
      this.#pipe.writeText(`${midEvent ? "\n\n" : ""}${this.#errorEvent(body)}`);
    }
    this.#finish();
  }

  /** Some clients look at the type of a response's events alone, and would take the answer for whole. */
  #errorEvent(body: { error: unknown }): string {
    if (!this.#options.wantsResponse) return writeSse({ data: JSON.stringify(body) });
    const type = "response.failed";
    const response = { object: "response", status: "failed", error: responseError(body.error) };
    // Some take no event without a number. Which it would be is known to whoever made those before it.
    return writeSse({ event: type, data: JSON.stringify({ ...body, type, sequence_number: 0, response }) });
  }

  /** Nothing was written yet, or whole events. */
  get #isBetweenEvents(): boolean {
    return this.#tail === 0 || endsEvent(this.#tail);
  }

  #finish(): void {
    this.#dispose();
    this.#pipe.end();
    if (this.#response.writableFinished || this.#response.destroyed) return;
    const timer = this.#options.clock.setTimeout(() => this.#response.destroy(), this.#options.flushMs);
    this.#response.once("close", () => timer.dispose());
  }

  #promise(): void {
    if (this.#state.state !== "unsent") return;
    this.#response.writeHead(200, { ...eventStreamHeaders, [waitingHeader]: "1" });
    this.#state = { state: "promised" };
  }

  #keepAlive(): void {
    this.#promise();
    const state = this.#state;
    // Between two events only: a provider's bytes may stop anywhere.
    const between =
      state.state === "open" ? state.isEventStream && this.#isBetweenEvents : state.state !== "over";
    // To one that does not read it would say nothing, and be one more thing to keep.
    if (between && !this.#pipe.isCongested) this.#pipe.writeText(WAITING);
  }

  #moved(unsentBytes: number, wasTaken: boolean): void {
    const max = this.#options.maxUnsentBytes;
    const hasMemory = this.#share.resize(Math.max(0, unsentBytes - max)) === undefined;
    if (this.#state.state === "over") {
      if (!hasMemory) this.#response.destroy();
      return;
    }
    // One message may be longer than that, and comes at once: too slow is who has not taken what was there before it.
    const isTooSlow = this.#unsentBytes > max && unsentBytes > this.#unsentBytes;
    if (isTooSlow || !hasMemory) {
      this.#drop();
      return;
    }
    if (unsentBytes < this.#unsentBytes) this.#stalled?.touch();
    this.#unsentBytes = unsentBytes;
    if (unsentBytes === 0) {
      this.#stalled?.dispose();
      this.#stalled = undefined;
    } else {
      this.#stalled ??= new Deadline(this.#options.clock, this.#options.stalledMs, () => this.#stall());
    }
    this.#follower?.(unsentBytes, wasTaken);
  }

  /** Where little waits, nobody is told when it has been taken: so that is looked at before a requester is given up. */
  #stall(): void {
    const unsentBytes = this.#pipe.unsentBytes;
    if (unsentBytes >= this.#unsentBytes) {
      this.#drop();
      return;
    }
    this.#stalled = undefined;
    // When it was taken nobody knows.
    this.#moved(unsentBytes, false);
  }

  #dispose(): void {
    this.#state = { state: "over" };
    this.#stalled?.dispose();
    this.#disposables.dispose();
  }

  #drop(): void {
    this.#response.destroy();
    this.#closed();
  }

  #closed(): void {
    if (this.#state.state === "over") return;
    this.#dispose();
    this.#options.onGone();
  }
}

const WAITING = writeSseComment("waiting");

const CR = 0x0d;
const LF = 0x0a;

/** Of all that was written, however it was cut: kept as a number, since a piece would keep all that came with it. */
function tailAfter(tail: number, piece: Uint8Array): number {
  let after = tail;
  for (let at = Math.max(0, piece.byteLength - 4); at < piece.byteLength; at++)
    after = (after << 8) | (piece[at] ?? 0);
  return after;
}

/** An event ends with an empty line; lines end with CRLF, LF or CR. */
function endsEvent(tail: number): boolean {
  const [fourth, third, second, last] = [tail >>> 24, (tail >>> 16) & 0xff, (tail >>> 8) & 0xff, tail & 0xff];
  if (last === CR) return second === CR;
  if (last !== LF) return false;
  return second === LF || (second === CR && third === LF && fourth === CR);
}

/** In the shape that a response has for it: a provider's `code` may be a number, which some clients do not take. */
function responseError(error: unknown): { code: string; message: string } {
  const { code, message } = isRecord(error) ? error : { code: undefined, message: error };
  return {
    code: typeof code === "string" ? code : "server_error",
    message: typeof message === "string" ? message : "The provider failed.",
  };
}

/** The provider's own error where it has the usual shape, else one in its place. */
function providerError(status: number, text: string): { error: unknown } {
  try {
    const json: unknown = JSON.parse(text);
    // A whole response has an `error` too, which is null.
    if (isRecord(json) && json.error) return { ...json, error: json.error };
  } catch {
    // Not JSON: its status has to do.
  }
  return new Refusal(
    502,
    "ENDPOINT_NOT_REACHABLE",
    status < 400 ? "The provider did not stream its answer." : `The provider answered ${status}.`,
    "Ask its owner, or try another participant.",
  ).toInferenceError();
}
