import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { MAX_FRAME_BYTES, MAX_RELAYED_BODY_BYTES } from "../protocol/constants";
import { decodeFrame } from "../protocol/frames";
import type { TunnelRequest } from "../protocol/tunnel";
import { Credit } from "./credit";
import { IncomingBody } from "./incomingBody";
import { checkRequest } from "./requestPolicy";
import { type RequestContext, ServedRequest } from "./servedRequest";
import { type AnswerTunnel, type Refusal, TunnelAnswer } from "./tunnelAnswer";

/** Bodies of all requests together, arriving or in use, bytes. */
const MAX_PENDING_BODY_BYTES = 2 * MAX_RELAYED_BODY_BYTES;
/** Look-ups and cancels make no model work and have places of their own. */
const MAX_LIGHT_REQUESTS = 16;
/** What a requester is told to wait where the participant is busy, or its owner has paused it, s. */
const BUSY_RETRY_SECONDS = 5;
const PAUSED_RETRY_SECONDS = 60;

export interface RequestServerOptions extends RequestContext {
  readonly tunnel: AnswerTunnel;
  readonly capacity: number;
  /** Whether the hub says how much of each answer it is ready to take. */
  readonly usesCredit: boolean;
  readonly clock: Clock;
  isPaused(): boolean;
  /** One of `active` is over, however it ended. */
  onDidServe(served: ServedRequest): void;
}

/** Serves what one tunnel asks for, within the participant's own limits. */
export class RequestServer implements Disposable {
  readonly #options: RequestServerOptions;
  readonly #requests = new Map<string, ServedRequest>();
  readonly #byNumber = new Map<number, ServedRequest>();
  #pendingBytes = 0;
  #disposed = false;

  constructor(options: RequestServerOptions) {
    this.#options = options;
  }

  /** The requests that make the model work. */
  get active(): readonly ServedRequest[] {
    return [...this.#requests.values()].filter(({ request }) => request.generates);
  }

  /** @returns false where the hub uses an id or number that is still in use: nothing it says can be trusted then. */
  accept(message: TunnelRequest): boolean {
    if (this.#disposed) return true;
    const { requestId, n } = message;
    if (this.#requests.has(requestId) || (n !== undefined && this.#byNumber.has(n))) return false;
    const bodyBytes = message.bodyBytes ?? 0;
    const release = () => this.#release(requestId, n, bodyBytes);
    const checked = checkRequest(message);
    const refusal = checked.valid ? this.#whyNot(checked.value.generates, bodyBytes) : checked.refusal;
    if (!checked.valid || refusal) {
      // Its body may already be on the way; frames with its number are ignored.
      if (refusal) this.#refuse(requestId, n, refusal);
      return true;
    }
    const { tunnel, clock, usesCredit } = this.#options;
    const credit = usesCredit ? new Credit(clock) : undefined;
    const answer = new TunnelAnswer(tunnel, requestId, n, release, credit);
    const body = message.bodyBytes === undefined ? undefined : new IncomingBody(bodyBytes, clock);
    const served = new ServedRequest(requestId, checked.value, answer, this.#options, body);
    this.#requests.set(requestId, served);
    if (n !== undefined) this.#byNumber.set(n, served);
    this.#pendingBytes += bodyBytes;
    this.#options.onDidChangeActive();
    // `serve` never rejects: it answers every failure.
    void served.serve(message.body);
    return true;
  }

  /** @returns false where the frame is none. Frames for a request that is over are late, and ignored. */
  receive(bytes: Uint8Array): boolean {
    const frame = decodeFrame(bytes);
    if (!frame) return false;
    const served = this.#byNumber.get(frame.n);
    if (bytes.byteLength > MAX_FRAME_BYTES) served?.body?.abandon("A frame is too long.");
    else served?.body?.receive(frame.bytes);
    return true;
  }

  /** More of an answer may be sent. Ignored where it has just ended. */
  grant(n: number, bytes: number): void {
    this.#byNumber.get(n)?.answer.grant(bytes);
  }

  /** Ignored where the request has just ended. */
  cancel(requestId: string): void {
    this.#requests.get(requestId)?.cancel();
  }

  /** Stops everything and tells the hub: for an owner who stops sharing while the tunnel still works. */
  cancelAll(): void {
    for (const served of [...this.#requests.values()]) served.cancel("The participant stopped sharing.");
  }

  /** Stops everything without a word. */
  dispose(): void {
    this.#disposed = true;
    for (const served of [...this.#requests.values()]) served.abandon();
  }

  /** Waits for no grant: it is short, and the first grant for it is on its way. */
  #refuse(requestId: string, n: number | undefined, refusal: Refusal): void {
    const answer = new TunnelAnswer(this.#options.tunnel, requestId, n, () => {});
    answer.refuse(refusal).catch(() => answer.fail("proxy", "The refusal could not be sent."));
  }

  /** The one place where a request's place, number and memory are given back. */
  #release(requestId: string, n: number | undefined, bodyBytes: number): void {
    const served = this.#requests.get(requestId);
    if (!served) return;
    this.#requests.delete(requestId);
    if (n !== undefined) this.#byNumber.delete(n);
    this.#pendingBytes -= bodyBytes;
    if (served.request.generates) this.#options.onDidServe(served);
    this.#options.onDidChangeActive();
  }

  #whyNot(generates: boolean, bodyBytes: number): Refusal | undefined {
    if (this.#pendingBytes + bodyBytes > MAX_PENDING_BODY_BYTES)
      return busy("too_many_bytes", "This participant is receiving other long requests.", BUSY_RETRY_SECONDS);
    if (!generates) {
      const light = this.#requests.size - this.active.length;
      return light < MAX_LIGHT_REQUESTS
        ? undefined
        : busy("participant_busy", "This participant has too many requests.", BUSY_RETRY_SECONDS);
    }
    if (this.#options.isPaused())
      return busy("participant_paused", "The owner of this model has paused sharing.", PAUSED_RETRY_SECONDS);
    return this.active.length < this.#options.capacity
      ? undefined
      : busy("participant_busy", "This participant is busy with other requests.", BUSY_RETRY_SECONDS);
  }
}

function busy(code: string, message: string, retryAfterSeconds: number): Refusal {
  return { status: 429, code, message, retryAfterSeconds };
}
