import { waitingHeader } from "../protocol/inference";
import type { AnswerDelta, AnswerFormat } from "./answerDelta";
import { AnswerReader } from "./answerReader";
import { Deadline, untilAborted } from "./deadline";
import { fetchJson } from "./hubRequest";
import { callHub, type HubAnswer, type HubTransport, parseJson } from "./hubTransport";
import { networkError } from "./networkError";

/** How a request is let go of: a Gambi hub is drained for at most this long, ms, before the connection is cut. */
const DRAIN_MS = 600_000;
/** After an answer's last event a hub of ours ends the stream within this, ms; cutting it sooner looks like an abort. */
const END_GRACE_MS = 5_000;
/** More of a refusal is not read, bytes. */
const MAX_ERROR_BYTES = 64 * 1024;

export interface ChatExchangeOptions {
  /** Its dispatcher is the exchange's own: it is destroyed at the end. */
  transport: HubTransport;
  path: string;
  body: string;
  format: AnswerFormat;
  /** Its abort ends every wait at once and releases the request. */
  signal: AbortSignal;
  /** A Gambi hub: a request closed in mid-stream ends the whole hub, so that it is drained instead. */
  drains: boolean;
  /** Where an answer is cancelled by its id, as the only word a Gambi hub passes on. */
  cancelPath?: ((responseId: string) => string) | undefined;
}

/** One streamed request, from sending it to the last byte; outlives its reader where the hub needs that. */
export class ChatExchange {
  readonly #options: ChatExchangeOptions;
  readonly #reader: AnswerReader;
  /** Cuts the connection. It follows no signal: an aborted reader may have to leave the connection open. */
  readonly #connection: Deadline;
  readonly #onAbort = () => this.release(false);
  #answer: Promise<HubAnswer> | undefined;
  #pieces: AsyncIterator<Uint8Array> | undefined;
  #pending: Promise<IteratorResult<Uint8Array>> | undefined;
  #responseId: string | undefined;
  #released = false;

  constructor(options: ChatExchangeOptions) {
    this.#options = options;
    this.#reader = new AnswerReader(options.format);
    this.#connection = new Deadline(options.transport.clock);
    options.signal.addEventListener("abort", this.#onAbort, { once: true });
  }

  /** How many events were read; see AnswerReader. */
  get events(): number {
    return this.#reader.events;
  }

  /** Sends the request, once. @throws HumanError, or the signal's reason. */
  async open(): Promise<HubAnswer> {
    const { transport, path, body, signal } = this.#options;
    signal.throwIfAborted();
    const call = { method: "POST", path, body, accept: "text/event-stream" } as const;
    this.#answer = callHub(transport, { ...call, signal: this.#connection.signal });
    const answer = await untilAborted(this.#answer, signal);
    if (answer.header(waitingHeader) !== "") this.#reader.waits();
    this.#pieces = answer.body[Symbol.asyncIterator]();
    return answer;
  }

  /** What came next, which may be nothing readable yet; undefined at the end. @throws as open(). */
  async next(): Promise<AnswerDelta[] | undefined> {
    const bytes = await this.#nextBytes();
    return bytes && this.#remember(this.#reader.push(bytes));
  }

  /** What the stream's end completes. */
  end(): AnswerDelta[] {
    return this.#reader.end();
  }

  /** The JSON of a refusal; undefined where it is none, or too long. @throws as open(). */
  async refusal(): Promise<unknown> {
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (let bytes = await this.#nextBytes(); bytes; bytes = await this.#nextBytes()) {
      size += bytes.byteLength;
      if (size > MAX_ERROR_BYTES) return undefined;
      pieces.push(bytes);
    }
    return parseJson(Buffer.concat(pieces).toString("utf8"));
  }

  /** Lets go of the request, once: `finished` where its answer is complete, so that nothing need be stopped. */
  release(finished: boolean): void {
    if (this.#released) return;
    this.#released = true;
    this.#options.signal.removeEventListener("abort", this.#onAbort);
    if (!finished && !this.#options.drains) this.#connection.abort(new Error("The reader stopped."));
    // Never rejects: #drain ends with whatever happens.
    void this.#drain(finished);
  }

  async #nextBytes(): Promise<Uint8Array | undefined> {
    const { signal, transport } = this.#options;
    signal.throwIfAborted();
    if (!this.#pieces) return undefined;
    this.#pending = this.#pieces.next();
    try {
      const { done, value } = await untilAborted(this.#pending, signal);
      this.#pending = undefined;
      return done ? undefined : value;
    } catch (error) {
      throw signal.aborted ? signal.reason : networkError(error, transport.hubUrl);
    }
  }

  #remember(deltas: AnswerDelta[]): AnswerDelta[] {
    for (const delta of deltas) if (delta.type === "responseId") this.#responseId ??= delta.id;
    return deltas;
  }

  /** Reads to the end what nobody wants any more, cancelling it as soon as its id is known. */
  async #drain(finished: boolean): Promise<void> {
    const { drains, transport } = this.#options;
    this.#connection.arm(drains ? DRAIN_MS : END_GRACE_MS, () => new Error("Nobody reads this answer."));
    let cancelling: Promise<void> | undefined;
    try {
      if (!finished) cancelling = this.#cancel();
      this.#pieces ??= (await this.#answer)?.body[Symbol.asyncIterator]();
      for (let piece = await (this.#pending ?? this.#pieces?.next()); piece && !piece.done; ) {
        if (!finished && !cancelling) {
          this.#remember(this.#reader.push(piece.value));
          cancelling = this.#cancel();
        }
        piece = await this.#pieces?.next();
      }
    } catch {
      // Cut, refused or broken: nobody is left to be told.
    } finally {
      await cancelling;
      this.#connection.abort(new Error("The answer is over."));
      // Its sockets are closed by now; destroy() only says so to whoever waits for it.
      await transport.dispatcher.destroy().catch(() => {});
    }
  }

  #cancel(): Promise<void> | undefined {
    const { cancelPath, transport } = this.#options;
    if (!cancelPath || this.#responseId === undefined) return undefined;
    const call = { method: "POST", path: cancelPath(this.#responseId) } as const;
    return fetchJson(transport, call).then(
      () => {},
      () => {}, // A provider that knows no cancel generates to its end: there is no other word to send.
    );
  }
}
