import type { ParticipantMessage } from "../protocol/tunnel";
import { joined } from "./answerBody";
import type { Credit } from "./credit";
import { FrameWriter } from "./frameWriter";

/** The part of a tunnel that an answer needs. */
export interface AnswerTunnel {
  readonly isOurs: boolean;
  send(message: ParticipantMessage): Promise<void>;
  sendFrame(frame: Uint8Array): Promise<void>;
}

/** Base64 adds a third; a Gambi hub closes a tunnel over frames of 16 MB, and 512 KB delays nobody else's tokens. */
const MAX_BASE64_PIECE = 512 * 1024;
/**
 * A hub reads its socket 64 KB at a time. Of frames as short as this few lie across two reads, where they are put together in
 * new memory, which costs more than their number does; a third of it is in time and half in CPU.
 */
const MAX_PIECE = 8 * 1024;

/** One request's answer on its way to the hub: started at most once, ended exactly once, silent afterwards. */
export class TunnelAnswer {
  readonly #tunnel: AnswerTunnel;
  readonly #requestId: string;
  readonly #n: number | undefined;
  readonly #credit: Credit | undefined;
  readonly #onEnd: () => void;
  #started = false;
  #ended = false;

  /**
   * @param onEnd called once, when the hub has been told the end or nobody is left to tell.
   * @param credit of the hub, where it gives any: no more than that is ever sent.
   */
  constructor(
    tunnel: AnswerTunnel,
    requestId: string,
    n: number | undefined,
    onEnd: () => void,
    credit?: Credit,
  ) {
    this.#tunnel = tunnel;
    this.#requestId = requestId;
    this.#n = n;
    this.#credit = credit;
    this.#onEnd = onEnd;
  }

  get started(): boolean {
    return this.#started;
  }

  start(status: number, headers: Record<string, string>): void {
    if (this.#started || this.#ended) return;
    this.#started = true;
    this.#say({ type: "tunnel.response.start", requestId: this.#requestId, status, headers });
  }

  /** Resolves when more may be written. */
  write(bytes: Uint8Array): Promise<void> {
    return this.writeAll([bytes]);
  }

  /** The same for what came together: it leaves in as few frames as it fits in. */
  async writeAll(pieces: readonly Uint8Array[]): Promise<void> {
    if (this.#ended) return;
    if (this.#tunnel.isOurs && this.#n !== undefined) {
      await this.#writeFrames(new FrameWriter(this.#n, pieces));
      return;
    }
    const bytes = joined(pieces);
    for (let at = 0; at < bytes.byteLength && !this.#ended; at += MAX_BASE64_PIECE) {
      const piece = bytes.subarray(at, at + MAX_BASE64_PIECE);
      const chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString("base64");
      await this.#tunnel.send({ type: "tunnel.response.chunk", requestId: this.#requestId, chunk });
    }
  }

  grant(bytes: number): void {
    this.#credit?.grant(bytes);
  }

  end(): void {
    this.#finish({ type: "tunnel.response.end", requestId: this.#requestId });
  }

  /** @param message for the requester: no key, no prompt. */
  fail(stage: "proxy" | "refused" | "cancelled", message: string): void {
    this.#finish({ type: "tunnel.response.error", requestId: this.#requestId, stage, message });
  }

  /** Answers with an error of our own, in OpenAI's shape. Where an answer is already under way, it breaks off instead. */
  async refuse({ status, code, message, retryAfterSeconds }: Refusal): Promise<void> {
    if (this.#started) {
      this.fail("refused", message);
      return;
    }
    const type = status === 429 ? "rate_limit_error" : "invalid_request_error";
    this.start(status, {
      "content-type": "application/json",
      ...(retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) }),
    });
    await this.json({ error: { message, type: status >= 500 ? "server_error" : type, code } });
  }

  /** The whole body of an answer that was started, and its end. */
  async json(value: unknown): Promise<void> {
    await this.write(Buffer.from(JSON.stringify(value)));
    this.end();
  }

  /** Ends without a word: the tunnel is gone. */
  abandon(): void {
    this.#finish(undefined);
  }

  async #writeFrames(frames: FrameWriter): Promise<void> {
    while (frames.bytesLeft > 0 && !this.#ended) {
      const wanted = Math.min(frames.bytesLeft, MAX_PIECE);
      const size = this.#credit ? this.#credit.take(wanted) : wanted;
      if (size > 0) await this.#tunnel.sendFrame(frames.next(size));
      else await this.#credit?.more();
    }
  }

  #finish(message: ParticipantMessage | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#credit?.dispose();
    if (message) this.#say(message);
    this.#onEnd();
  }

  #say(message: ParticipantMessage): void {
    // Control messages are small: they need not wait for the network, and order is kept.
    this.#tunnel.send(message).catch(() => this.abandon());
  }
}

/** Why a request is not served. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}
