import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { ByteBudget } from "./byteBudget";
import { addressOf, networkOf } from "./clientAddress";
import { Deadline } from "./deadline";
import type { HubLimits } from "./limits";

/** About what a connection takes at once; what is shorter costs nobody memory, bytes. */
const SHORT_BYTES = 64 * 1024;

/** The hub's own answers. A list of thousands has megabytes: of what waits for whoever does not read them each address has a part. */
export class JsonAnswers {
  readonly #clock: Clock;
  readonly #stalledMs: number;
  readonly #budget: ByteBudget;

  constructor(clock: Clock, { stalledMs, answerBytesTogether, answerBytesPerAddress }: HubLimits) {
    this.#clock = clock;
    this.#stalledMs = stalledMs;
    const limits = { together: answerBytesTogether, perAddress: answerBytesPerAddress };
    this.#budget = new ByteBudget(limits, "long answers");
  }

  /** Goes straight into Node's response: making a `Response` of it would cost a heartbeat more than all that it does. @throws Refusal (429) */
  send(incoming: IncomingMessage, outgoing: ServerResponse, status: number, value: unknown): void {
    const json = JSON.stringify(value);
    const bytes = Buffer.byteLength(json);
    const headers = { "content-type": "application/json", "content-length": bytes };
    if (bytes <= SHORT_BYTES) {
      outgoing.writeHead(status, headers).end(json);
      return;
    }
    const held = this.hold(networkOf(addressOf(incoming.socket)), bytes);
    const stalled = new Deadline(this.#clock, this.#stalledMs, () => outgoing.destroy());
    outgoing.on("drain", () => stalled.touch());
    outgoing.once("close", () => {
      stalled.dispose();
      held.dispose();
    });
    outgoing.writeHead(status, headers);
    // In pieces, so that it shows whether they are taken.
    Readable.from(piecesOf(Buffer.from(json)), { objectMode: false }).pipe(outgoing);
  }

  /** What there is no place for is not even put together. @param bytes about @throws Refusal (429) */
  refuseWithoutPlace(network: string, bytes: number): void {
    this.hold(network, bytes).dispose();
  }

  /** For as long as they wait to be read. Short ones are free. @throws Refusal (429) */
  hold(network: string, bytes: number): Disposable {
    return this.#budget.hold(network, bytes <= SHORT_BYTES ? 0 : bytes);
  }
}

function* piecesOf(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.byteLength; at += SHORT_BYTES) yield bytes.subarray(at, at + SHORT_BYTES);
}
