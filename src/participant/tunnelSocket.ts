import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { HumanError } from "../common/humanError";
import { releaseBytes } from "../common/releaseBytes";
import { pinnedUpgrade } from "../net/pinnedUpgrade";
import { MAX_RELAYED_BODY_BYTES, TUNNEL_SUBPROTOCOL } from "../protocol/constants";
import type { ParticipantMessage } from "../protocol/tunnel";
import { frameMask } from "./frameMask";

/** The base puts a whole request body into one text frame, and an envelope around it, bytes. */
const MAX_INCOMING_BYTES = MAX_RELAYED_BODY_BYTES + 1024 * 1024;
/** Connecting and upgrading, ms. */
const HANDSHAKE_TIMEOUT_MS = 10_000;
/** While more than this waits to be sent, providers are not read: one answer's megabytes delay nobody else's tokens, bytes. */
const MAX_UNSENT_BYTES = 512 * 1024;
/** The same for messages: one costs memory beside its bytes. */
const MAX_UNSENT_MESSAGES = 5_000;
/** Refusals wait for nobody: a hub that asks and asks and does not read is left at this many unsent messages. */
const TOO_MANY_UNSENT_MESSAGES = 20_000;

/** What a tunnel tells its owner. Nothing comes before `opened` resolves or after `onClose`. */
export interface TunnelHandlers {
  onText(text: string): void;
  /** @param bytes to be read at once: they are gone afterwards. */
  onBinary(bytes: Uint8Array): void;
  /** Once, whoever closed it and why; also where the connection just broke (1006). */
  onClose(code: number, reason: string): void;
}

export interface TunnelOptions {
  /** Only to a hub that lists it: some fail the handshake over an unknown one. */
  offerSubprotocol: boolean;
  /** Of the hub's certificate, where it is pinned. */
  fingerprint: string | undefined;
}

/**
 * The participant's side of a tunnel, and the one file here that knows the socket library. That is `ws`, as on the hub's
 * side, and not undici's WebSocket: it bounds what comes in (`maxPayload`), tells when a frame has left (for
 * backpressure), hands binary frames over without a copy, and can drop a connection that no longer answers.
 */
export class TunnelSocket {
  readonly #socket: WebSocket;
  #unsentMessages = 0;
  /** What carries the WebSocket; undefined until its handshake. */
  #stream: Socket | undefined;
  #isCorked = false;
  /** Called with an error too, which the socket's `close` explains. */
  readonly #onSent = () => {
    this.#unsentMessages--;
  };
  /** Resolves when the tunnel is open. Rejects with a HumanError. */
  readonly opened: Promise<void>;

  constructor(
    url: string,
    { offerSubprotocol, fingerprint }: TunnelOptions,
    handlers: TunnelHandlers,
    signal?: AbortSignal,
  ) {
    this.#socket = new WebSocket(url, offerSubprotocol ? [TUNNEL_SUBPROTOCOL] : [], {
      ...(fingerprint === undefined ? {} : pinnedUpgrade(fingerprint)),
      maxPayload: MAX_INCOMING_BYTES,
      ...frameMask(url),
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_TIMEOUT_MS,
      followRedirects: false,
    });
    this.opened = this.#open(handlers, signal);
  }

  /** Whether bodies travel in binary frames, and cancel and status messages exist. */
  get isOurs(): boolean {
    return this.#socket.protocol === TUNNEL_SUBPROTOCOL;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  /** Sends a message; dropped where the tunnel is closed, which its owner hears by `onClose`. */
  send(message: ParticipantMessage): Promise<void> {
    return this.#send(JSON.stringify(message));
  }

  /** Sends a binary frame. */
  sendFrame(frame: Uint8Array): Promise<void> {
    return this.#send(frame);
  }

  close(code: number, reason: string): void {
    if (this.#socket.readyState === WebSocket.CLOSED) return;
    this.#socket.close(code, reason);
  }

  /** Drops the connection without a word: for one that no longer answers. */
  terminate(): void {
    this.#socket.terminate();
  }

  /** Resolves at once, or where much is waiting, when this one has been handed to the network. */
  #send(data: string | Uint8Array): Promise<void> {
    if (!this.isOpen) return Promise.resolve();
    if (this.#unsentMessages >= TOO_MANY_UNSENT_MESSAGES) {
      this.terminate();
      return Promise.resolve();
    }
    const isFull =
      this.#socket.bufferedAmount > MAX_UNSENT_BYTES || this.#unsentMessages > MAX_UNSENT_MESSAGES;
    this.#unsentMessages++;
    this.#cork();
    if (!isFull) {
      this.#socket.send(data, this.#onSent);
      return Promise.resolve();
    }
    return new Promise((resolve) =>
      this.#socket.send(data, () => {
        this.#onSent();
        resolve();
      }),
    );
  }

  /** What is sent in one turn leaves in one write: an answer's beginning with its first bytes, its end with our status. */
  #cork(): void {
    const stream = this.#stream;
    if (!stream || this.#isCorked) return;
    this.#isCorked = true;
    stream.cork();
    process.nextTick(() => {
      this.#isCorked = false;
      stream.uncork();
    });
  }

  #open(handlers: TunnelHandlers, signal: AbortSignal | undefined): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve, reject) => {
      const abort = () => socket.terminate();
      let failure = new HumanError(
        "HUB_UNREACHABLE",
        "The tunnel to the hub could not be opened.",
        "Check that nothing between here and the hub blocks WebSockets.",
      );
      signal?.addEventListener("abort", abort, { once: true });
      socket.on("unexpected-response", (request, response) => {
        failure = refusal(response.statusCode ?? 0);
        request.destroy();
        socket.terminate();
      });
      // Each error is followed by `close`, which the owner handles; without a listener it would end the process.
      socket.on("error", (error) => {
        if (error instanceof HumanError) failure = error;
      });
      socket.on("message", (data: Buffer, isBinary: boolean) => {
        if (isBinary) handlers.onBinary(data);
        else handlers.onText(data.toString());
        releaseBytes(data);
      });
      socket.on("upgrade", (response) => {
        this.#stream = response.socket;
      });
      let wasOpen = false;
      socket.on("open", () => {
        wasOpen = true;
        signal?.removeEventListener("abort", abort);
        resolve();
      });
      socket.on("close", (code: number, reason: Buffer) => {
        signal?.removeEventListener("abort", abort);
        if (wasOpen) handlers.onClose(code, reason.toString());
        else reject(failure);
      });
      if (signal?.aborted) abort();
    });
  }
}

/** Our token is void although it is new, or the card is gone although we have just registered: both are somebody else's now. */
export class CardTakenError extends HumanError {}

function refusal(status: number): HumanError {
  if (status === 401 || status === 404) {
    const message = "Another program of this machine began to share this model in this room.";
    return new CardTakenError("HUB_REFUSED", message, "Stop it there, then share again.");
  }
  const hint = "Check that nothing between here and the hub blocks WebSockets.";
  return new HumanError("HUB_REFUSED", `The hub refused the tunnel with status ${status}.`, hint);
}
