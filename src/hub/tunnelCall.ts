import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { CANCEL_CONFIRM_MS } from "../protocol/constants";
import type { TunnelOperation } from "../protocol/tunnel";
import { CreditWindow } from "./creditWindow";

/** What the hub asks a participant for. */
export interface TunnelAsk {
  readonly requestId: string;
  readonly operation: TunnelOperation;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly stream: boolean;
  /** JSON in UTF-8, in pieces: a long prompt is not copied for what is written into it. */
  readonly body?: readonly Uint8Array[];
}

export type CallOutcome =
  | { kind: "ended" }
  /** By the participant's own word, or because it broke the protocol. */
  | { kind: "failed"; stage: string; message: string }
  /** The tunnel closed. */
  | { kind: "lost" };

/** Hears what becomes of a call. */
export interface CallHandler {
  onStart(status: number, headers: Record<string, string>): void;
  onBytes(bytes: Uint8Array): void;
  /** The participant is free again: once, always; before `onOver` where it finished by itself. */
  onSettled(): void;
  /** Once; never after `cancel()`. */
  onOver(outcome: CallOutcome): void;
}

/** A participant that was granted no more is not read while more than this waits, until half of it is taken, bytes. */
const MAX_HELD_BYTES = 1024 * 1024;

/** What a call needs of its tunnel. */
export interface CallOwner {
  readonly clock: Clock;
  /** Tells the participant to stop; undefined where it would not understand. */
  readonly sendCancel?: (requestId: string) => void;
  /** Lets the participant send more; undefined where it would not understand. */
  readonly sendCredit?: (n: number, bytes: number) => void;
  /** Too much of its answer waits for its requester, or no longer. */
  hold(call: TunnelCall, isFull: boolean): void;
  forget(call: TunnelCall): void;
}

type State =
  | { state: "waiting" }
  | { state: "answering" }
  /** Nobody wants the answer any more; the participant still has to say that it stopped. */
  | { state: "cancelled"; confirmTimer?: Disposable }
  | { state: "over" };

/** One call of a provider through a tunnel. Frames that come too late or out of order end here. */
export class TunnelCall {
  readonly requestId: string;
  readonly n: number;
  readonly #handler: CallHandler;
  readonly #owner: CallOwner;
  #state: State = { state: "waiting" };
  readonly #window = new CreditWindow();
  #isFull = false;

  constructor(requestId: string, n: number, handler: CallHandler, owner: CallOwner) {
    this.requestId = requestId;
    this.n = n;
    this.#handler = handler;
    this.#owner = owner;
  }

  get isWanted(): boolean {
    return this.#state.state === "waiting" || this.#state.state === "answering";
  }

  start(status: number, headers: Record<string, string>): void {
    if (this.#state.state === "answering") this.break("It began its answer twice.");
    if (this.#state.state !== "waiting") return;
    this.#state = { state: "answering" };
    this.#handler.onStart(status, headers);
  }

  bytes(bytes: Uint8Array): void {
    if (this.#state.state === "waiting") this.break("It sent bytes before its answer began.");
    // An empty piece is no answer, no sign of life, and as a chunk it would be no chunk.
    if (this.#state.state !== "answering" || bytes.byteLength === 0) return;
    this.#window.receive(bytes.byteLength);
    this.#handler.onBytes(bytes);
  }

  /** The first grant. */
  asked(): void {
    this.#grant();
  }

  holds(bytes: number): void {
    if (!this.isWanted) return;
    this.#window.holds(bytes);
    this.#grant();
    const maxHeld = Math.max(MAX_HELD_BYTES, this.#window.size);
    this.#setFull(this.#window.held > (this.#isFull ? maxHeld / 2 : maxHeld));
  }

  /** The participant is done with it, or gone. */
  finish(outcome: CallOutcome): void {
    const before = this.#state;
    if (before.state === "over") return;
    this.#state = { state: "over" };
    this.#setFull(false);
    if (before.state === "cancelled") before.confirmTimer?.dispose();
    this.#owner.forget(this);
    this.#handler.onSettled();
    if (before.state === "cancelled") return;
    const unbegun = before.state === "waiting" && outcome.kind === "ended";
    this.#handler.onOver(unbegun ? brokenProtocol("It ended before its answer began.") : outcome);
  }

  /** The participant broke the protocol in this call: it is told to stop, and whoever waits is told why. */
  break(why: string): void {
    if (!this.isWanted) return;
    this.cancel();
    this.#handler.onOver(brokenProtocol(why));
  }

  /**
   * Nobody wants the answer. A participant that understands confirms, and counts as free after a while even if it does
   * not; any other is busy until its answer has ended.
   */
  cancel(): void {
    if (!this.isWanted) return;
    this.#state = { state: "cancelled" };
    this.#setFull(false);
    const { clock, sendCancel } = this.#owner;
    if (!sendCancel) return;
    const confirmTimer = clock.setTimeout(() => this.finish({ kind: "ended" }), CANCEL_CONFIRM_MS);
    this.#state = { state: "cancelled", confirmTimer };
    // Last: where this very send closes the tunnel, the call is over by then.
    sendCancel(this.requestId);
  }

  #grant(): void {
    const bytes = this.#window.grant();
    if (bytes > 0) this.#owner.sendCredit?.(this.n, bytes);
  }

  #setFull(isFull: boolean): void {
    if (isFull === this.#isFull) return;
    this.#isFull = isFull;
    this.#owner.hold(this, isFull);
  }
}

function brokenProtocol(message: string): CallOutcome {
  return { kind: "failed", stage: "protocol", message };
}
