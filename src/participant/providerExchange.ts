import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { AnswerBody } from "./answerBody";

export interface AnswerHead {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

/** One request on its connection, as undici tells of it. */
export class ProviderExchange implements Dispatcher.DispatchHandler {
  readonly body: AnswerBody;
  /** Rejects with undici's error, or the signal's reason. */
  readonly head: Promise<AnswerHead>;
  readonly #signal: AbortSignal;
  readonly #explain: (error: unknown) => unknown;
  #controller: Dispatcher.DispatchController | undefined;
  #hasBegun = false;
  #resolve: (head: AnswerHead) => void = () => {};
  #reject: (error: unknown) => void = () => {};
  readonly #abort = () => {
    this.#fail(this.#signal.reason);
    this.#controller?.abort(abortError());
  };

  /** @param explain what a failure of the body is called. */
  constructor(signal: AbortSignal, explain: (error: unknown) => unknown) {
    this.#signal = signal;
    this.#explain = explain;
    this.body = new AnswerBody({
      pause: () => this.#controller?.pause(),
      resume: () => this.#controller?.resume(),
      stop: () => this.#controller?.abort(abortError()),
    });
    this.head = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    signal.addEventListener("abort", this.#abort, { once: true });
    if (signal.aborted) this.#abort();
  }

  /** Whether the provider has sent a first byte. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#signal.aborted) controller.abort(abortError());
  }

  onResponseStarted(): void {
    this.#hasBegun = true;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.#hasBegun = true;
    // Those before it, 103 and the like, announce only.
    if (status >= 200) this.#resolve({ status, headers });
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Uint8Array): void {
    this.body.push(piece);
  }

  onResponseEnd(): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.body.end();
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #fail(error: unknown): void {
    this.#signal.removeEventListener("abort", this.#abort);
    this.#reject(error);
    this.body.fail(this.#explain(error));
  }
}

function abortError(): Error {
  return new Error("Nobody waits for the answer any more.");
}
