import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { CANCEL_CONFIRM_MS } from "../protocol/constants";
import type { TunnelOperation } from "../protocol/tunnel";

/** What the hub asks a participant for. */
export interface TunnelAsk {
  readonly requestId: string;
  readonly operation: TunnelOperation;
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly stream: boolean;
  /** JSON. */
  readonly body?: string;
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
  /** The participant is free again: once, always, and before `onOver`. */
  onSettled(): void;
  /** Once, last; never after `cancel()`. */
  onOver(outcome: CallOutcome): void;
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
  readonly #forget: (call: TunnelCall) => void;
  #state: State = { state: "waiting" };

  constructor(requestId: string, n: number, handler: CallHandler, forget: (call: TunnelCall) => void) {
    this.requestId = requestId;
    this.n = n;
    this.#handler = handler;
    this.#forget = forget;
  }

  get isWanted(): boolean {
    return this.#state.state === "waiting" || this.#state.state === "answering";
  }

  start(status: number, headers: Record<string, string>): void {
    if (this.#state.state === "answering") {
      this.#break("It began its answer twice.");
      return;
    }
    if (this.#state.state !== "waiting") return;
    this.#state = { state: "answering" };
    this.#handler.onStart(status, headers);
  }

  bytes(bytes: Uint8Array): void {
    if (this.#state.state === "waiting") {
      this.#break("It sent bytes before its answer began.");
      return;
    }
    if (this.#state.state === "answering") this.#handler.onBytes(bytes);
  }

  finish(outcome: CallOutcome): void {
    const before = this.#state;
    if (before.state === "over") return;
    this.#state = { state: "over" };
    if (before.state === "cancelled") before.confirmTimer?.dispose();
    this.#forget(this);
    this.#handler.onSettled();
    if (before.state === "cancelled") return;
    if (before.state === "waiting" && outcome.kind === "ended") {
      this.#handler.onOver({
        kind: "failed",
        stage: "protocol",
        message: "It ended before its answer began.",
      });
    } else this.#handler.onOver(outcome);
  }

  /** The participant broke the protocol in this call: its requester is told, and the call stopped. */
  fail(message: string): void {
    this.#break(message);
  }

  /** @param confirms where the participant knows `tunnel.cancel`: then it is waited for only so long. */
  cancel(clock: Clock, confirms: boolean): void {
    if (!this.isWanted) return;
    this.#state = { state: "cancelled" };
    if (!confirms) return;
    const confirmTimer = clock.setTimeout(() => this.finish({ kind: "ended" }), CANCEL_CONFIRM_MS);
    this.#state = { state: "cancelled", confirmTimer };
  }

  #break(message: string): void {
    this.finish({ kind: "failed", stage: "protocol", message });
  }
}
