import { type Clock, setRepeating } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { writeSseComment } from "../protocol/sse";
import type { TunnelAnswer } from "./tunnelAnswer";

/** A Gambi hub cuts a stream that was silent for 8 to 12 s; with this period none is for more than 6 s, ms. */
const COMMENT_EVERY_MS = 3_000;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Writes an event stream into a tunnel, and comments, which no client sees, while the provider is silent: for hubs that
 * do not keep streams alive themselves. A comment never falls into an event that came in part.
 */
export class StreamKeepAlive implements Disposable {
  readonly #answer: TunnelAnswer;
  readonly #timer: Disposable;
  readonly #comment = Buffer.from(writeSseComment("waiting"));
  #isSilent = false;
  /** The last byte, and the one before it, of what was written, carriage returns apart. */
  #tail = [LINE_FEED, LINE_FEED];

  constructor(answer: TunnelAnswer, clock: Clock) {
    this.#answer = answer;
    this.#timer = setRepeating(clock, () => this.#tick(), COMMENT_EVERY_MS);
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.#isSilent = false;
    // Only the end matters: two line feeds, whatever carriage returns stand among them, end an event.
    for (const byte of bytes.subarray(-4)) {
      if (byte !== CARRIAGE_RETURN) this.#tail = [this.#tail[1] ?? 0, byte];
    }
    await this.#answer.write(bytes);
  }

  dispose(): void {
    this.#timer.dispose();
  }

  #tick(): void {
    const isBetweenEvents = this.#tail.every((byte) => byte === LINE_FEED);
    // A failure to send ends the tunnel, which its owner hears by itself.
    if (this.#isSilent && isBetweenEvents) this.#answer.write(this.#comment).catch(() => {});
    this.#isSilent = true;
  }
}
