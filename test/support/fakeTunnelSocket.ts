import type { TunnelClose, TunnelSocket } from "../../src/hub/tunnel";

/** A socket whose far end is the test: what was sent is kept, and leaves only when the test says so. */
export class FakeTunnelSocket implements TunnelSocket {
  isOpen = true;
  bufferedBytes = 0;
  isPaused = false;
  closedWith: TunnelClose | undefined;
  readonly sent: (string | Uint8Array)[] = [];
  readonly #leaving: (() => void)[] = [];

  /** The text messages, parsed. */
  get messages(): Record<string, unknown>[] {
    return this.sent.filter((each) => typeof each === "string").map((each) => JSON.parse(each));
  }

  get frames(): Uint8Array[] {
    return this.sent.filter((each) => typeof each !== "string");
  }

  send(data: string | Uint8Array, onSent?: () => void): void {
    // A copy, as the network makes one: the sender may use its buffer again once it has left.
    this.sent.push(typeof data === "string" ? data : data.slice());
    if (onSent) this.#leaving.push(onSent);
  }

  together(send: () => void): void {
    send();
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  close(close: TunnelClose): void {
    this.isOpen = false;
    this.closedWith = close;
  }

  /** One more send has left. @returns false where none was waiting. */
  flushOne(): boolean {
    const next = this.#leaving.shift();
    next?.();
    return next !== undefined;
  }
}
