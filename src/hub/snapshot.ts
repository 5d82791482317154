import { type Disposable, toDisposable } from "../common/disposable";
import type { JsonAnswers } from "./jsonAnswers";

/** A longer one costs so much to make that it is not made anew at each change, bytes. */
const LONG_BYTES = 256 * 1024;

/** A room as it was at one moment, as the first event for all who come soon after. Megabytes, where thousands take part. */
export class Snapshot {
  /** Of the latest event in it. */
  readonly id: string;
  /** When it was made, of `monotonic`. */
  readonly at: number;
  /** Between head and tail each watcher finds its own id. */
  readonly head: string;
  readonly tail: Buffer;
  readonly #held = new Map<string, { readers: number; bytes: Disposable }>();

  constructor({ id, at, head, tail }: Pick<Snapshot, "id" | "at" | "head" | "tail">) {
    this.id = id;
    this.at = at;
    this.head = head;
    this.tail = tail;
  }

  get isLong(): boolean {
    return this.tail.byteLength > LONG_BYTES;
  }

  /** Until it is read. Those at one address share its bytes, and pay for them once. @throws Refusal (429) */
  hold(network: string, answers: JsonAnswers): Disposable {
    const held = this.#held.get(network) ?? {
      readers: 0,
      bytes: answers.hold(network, this.tail.byteLength),
    };
    this.#held.set(network, held);
    held.readers++;
    return toDisposable(() => {
      if (--held.readers > 0) return;
      this.#held.delete(network);
      held.bytes.dispose();
    });
  }
}
