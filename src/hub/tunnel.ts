import { type Clock, setRepeating } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { Emitter } from "../common/event";
import { HEALTH_CHECK_INTERVAL, MAX_BODY_BYTES, MAX_FRAME_BYTES } from "../protocol/constants";
import { decodeFrame, piecesInFrames } from "../protocol/frames";
import { type HubMessage, type ParticipantMessage, tunnelClose } from "../protocol/tunnel";
import { parseParticipantMessage } from "./parseParticipantMessage";
import type { LinkCall, ParticipantLink, ParticipantWord } from "./participantLink";
import { type CallHandler, type CallOutcome, type CallOwner, type TunnelAsk, TunnelCall } from "./tunnelCall";

/** All that a tunnel needs of a WebSocket. */
export interface TunnelSocket {
  readonly isOpen: boolean;
  /** Sent by us and not yet taken by the network. */
  readonly bufferedBytes: number;
  /** @param onSent called once the bytes left this process, or never. */
  send(data: string | Uint8Array, onSent?: () => void): void;
  /** What is sent meanwhile leaves in one write: each costs the kernel more than all the rest of a request. */
  together(send: () => void): void;
  /** Nothing is received until `resume()`. */
  pause(): void;
  resume(): void;
  close(close: TunnelClose): void;
}

export type TunnelClose = (typeof tunnelClose)[keyof typeof tunnelClose];

/** A participant that does not read gets no more of us than this, bytes. */
const MAX_BUFFERED_BYTES = 3 * MAX_BODY_BYTES;

/** The hub's end of one participant's tunnel: calls go out, their answers come back. Knows no WebSocket. */
export class Tunnel implements ParticipantLink {
  readonly #socket: TunnelSocket;
  readonly #clock: Clock;
  /** `llm-rooms.1`: bodies in binary frames, cancel, status. */
  readonly #isOurs: boolean;
  readonly #log: (message: string) => void;
  readonly #byId = new Map<string, TunnelCall>();
  readonly #byNumber = new Map<number, TunnelCall>();
  readonly #onDidClose = new Emitter<void>();
  readonly #onDidSay = new Emitter<ParticipantWord>();
  readonly #owner: CallOwner;
  #nextNumber = 1;
  #heardAt: number;
  #closed = false;
  #pongIsLeaving = false;
  /** Calls whose requesters read too slowly: while there are any the participant is not read. */
  readonly #full = new Set<TunnelCall>();
  #pausePongs: Disposable | undefined;

  readonly onDidClose = this.#onDidClose.event;
  readonly onDidSay = this.#onDidSay.event;

  constructor(
    socket: TunnelSocket,
    { clock, isOurs, log }: { clock: Clock; isOurs: boolean; log: (message: string) => void },
  ) {
    this.#socket = socket;
    this.#clock = clock;
    this.#isOurs = isOurs;
    this.#log = log;
    this.#heardAt = clock.monotonic();
    this.#owner = {
      clock,
      sendCancel: isOurs ? (requestId) => this.#send({ type: "tunnel.cancel", requestId }) : undefined,
      sendCredit: isOurs ? (n, bytes) => this.#send({ type: "tunnel.credit", n, bytes }) : undefined,
      hold: (call, isFull) => this.#hold(call, isFull),
      forget: (call) => this.#forget(call),
    };
  }

  /** Whether a call could reach the participant. False before those that its end breaks off are told so. */
  get isOpen(): boolean {
    return !this.#closed && this.#socket.isOpen;
  }

  get silentSince(): number {
    return this.#pausePongs ? this.#clock.monotonic() : this.#heardAt;
  }

  get lastHeardAt(): number {
    return Math.round(this.#clock.now() - (this.#clock.monotonic() - this.silentSince));
  }

  call(ask: TunnelAsk, handler: CallHandler): LinkCall {
    const call = new TunnelCall(ask.requestId, this.#nextNumber++, handler, this.#owner);
    this.#byId.set(call.requestId, call);
    this.#byNumber.set(call.n, call);
    if (!this.#canSend()) call.finish({ kind: "lost" });
    else if (this.#isOurs) this.#socket.together(() => this.#askInFrames(ask, call));
    else this.#askInline(ask);
    return call;
  }

  /** A text or binary message of the participant. */
  receive(data: string | Uint8Array): void {
    if (this.#closed) return;
    this.#heardAt = this.#clock.monotonic();
    if (typeof data === "string") this.#receiveText(data);
    else if (this.#isOurs) this.#receiveFrame(data);
    // The base's hub reads both kinds alike, and some libraries send bytes as binary whatever they hold.
    else this.#receiveText(Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString());
  }

  close(close: TunnelClose): void {
    this.#socket.close(close);
    this.socketClosed();
  }

  /** The socket is gone, for whatever reason; a second call does nothing. */
  socketClosed(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pausePongs?.dispose();
    for (const call of [...this.#byId.values()]) call.finish({ kind: "lost" });
    this.#onDidClose.fire();
    this.#onDidClose.dispose();
    this.#onDidSay.dispose();
  }

  #canSend(): boolean {
    return !this.#closed && this.#socket.isOpen && this.#socket.bufferedBytes < MAX_BUFFERED_BYTES;
  }

  #askInline(ask: TunnelAsk): void {
    const head = JSON.stringify({ ...this.#headOf(ask), body: undefined });
    // The body is JSON already: parsing it only to write it again would double the cost of a long prompt.
    this.#socket.send(
      ask.body === undefined ? head : `${head.slice(0, -1)},"body":${Buffer.concat(ask.body).toString()}}`,
    );
  }

  #askInFrames(ask: TunnelAsk, call: TunnelCall): void {
    const { body } = ask;
    const bodyBytes = body?.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.#send({ ...this.#headOf(ask), n: call.n, bodyBytes });
    call.asked();
    if (!body) return;
    const frames = piecesInFrames(call.n, body);
    // One frame after the other has left, so that a cancel or another request need not wait for 32 MB.
    const sendNext = () => {
      if (!call.isWanted) return;
      const { value } = frames.next();
      if (value) this.#socket.send(value, sendNext);
    };
    sendNext();
  }

  #headOf({ requestId, operation, method, path, stream, body }: TunnelAsk) {
    // The base's spelling: a participant may look for just that, or send its own beside any other.
    const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
    return { type: "tunnel.request" as const, requestId, operation, method, path, headers, stream };
  }

  #receiveText(text: string): void {
    const parsed = parseParticipantMessage(text);
    if (parsed.valid) {
      this.#receiveMessage(parsed.message);
      return;
    }
    if (parsed.reason === "unknown type") return;
    const call = parsed.requestId === undefined ? undefined : this.#byId.get(parsed.requestId);
    this.#refuse(call, parsed.reason);
  }

  #receiveMessage(message: ParticipantMessage): void {
    switch (message.type) {
      case "tunnel.ping":
        this.#pong();
        break;
      case "tunnel.status":
        this.#onDidSay.fire(message);
        break;
      case "tunnel.response.start":
        this.#byId.get(message.requestId)?.start(message.status, message.headers);
        break;
      case "tunnel.response.chunk":
        this.#byId.get(message.requestId)?.bytes(Buffer.from(message.chunk, "base64"));
        break;
      case "tunnel.response.end":
        this.#byId.get(message.requestId)?.finish({ kind: "ended" });
        break;
      case "tunnel.response.error":
        this.#byId.get(message.requestId)?.finish(failureOf(message));
        break;
      default:
        message satisfies never;
        return;
    }
  }

  #receiveFrame(data: Uint8Array): void {
    const frame = decodeFrame(data);
    if (!frame || frame.n === 0 || frame.n >= this.#nextNumber) {
      this.#refuse(undefined, "no such frame");
      return;
    }
    // Absent where its request is over: what comes too late is dropped.
    const call = this.#byNumber.get(frame.n);
    if (data.byteLength <= MAX_FRAME_BYTES) call?.bytes(frame.bytes);
    else if (call) this.#refuse(call, "frame too long");
  }

  /** Fails the request that a bad message belongs to, or the tunnel where none does. */
  #refuse(call: TunnelCall | undefined, reason: string): void {
    this.#log(`malformed tunnel message: ${reason}`);
    if (call) call.break(`Malformed tunnel message: ${reason}.`);
    else this.close(tunnelClose.malformed);
  }

  #send(message: HubMessage | { type: "tunnel.request"; n: number }, onSent?: () => void): void {
    if (this.#canSend()) this.#socket.send(JSON.stringify(message), onSent);
    else if (this.#socket.isOpen) this.close(tunnelClose.timedOut);
  }

  /** One at a time: whoever sends pings without reading the pongs must not fill our memory. */
  #pong(): void {
    if (this.#pongIsLeaving) return;
    this.#pongIsLeaving = true;
    this.#send({ type: "tunnel.pong", timestamp: this.#clock.now() }, () => {
      this.#pongIsLeaving = false;
    });
  }

  #hold(call: TunnelCall, isFull: boolean): void {
    if (isFull) this.#full.add(call);
    else this.#full.delete(call);
    if (this.#closed || this.#full.size > 0 === (this.#pausePongs !== undefined)) return;
    if (this.#full.size > 0) {
      this.#socket.pause();
      // Its pings are not read either, and it must not take us for lost.
      this.#pausePongs = setRepeating(this.#clock, () => this.#pong(), HEALTH_CHECK_INTERVAL);
      return;
    }
    this.#pausePongs?.dispose();
    this.#pausePongs = undefined;
    this.#heardAt = this.#clock.monotonic();
    this.#socket.resume();
  }

  #forget(call: TunnelCall): void {
    this.#byId.delete(call.requestId);
    this.#byNumber.delete(call.n);
  }
}

function failureOf({ stage, message }: { stage: string; message: string }): CallOutcome {
  return { kind: "failed", stage, message };
}
