import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { outlineJson } from "../common/outlineJson";
import { parseJson } from "../common/parseJson";
import { releaseBytes } from "../common/releaseBytes";
import { BodyBytes } from "./bodyBytes";
import { ByteBudget } from "./byteBudget";
import { addressOf, networkOf } from "./clientAddress";
import { SLEEP_GAP_MS } from "./deadline";
import { LongBuffers } from "./longBuffers";
import { Refusal } from "./refusal";

/** What each request may hold; only what is longer has to share, bytes. */
const FREE_BYTES = 64 * 1024;
/** Over how long it is looked at how fast a long body comes, ms. */
const PACE_MS = 10_000;

export interface BodyLimits {
  /** Of all bodies that are being received. */
  bodyBytesTogether: number;
  /** Of those that come from one address. */
  bodyBytesPerAddress: number;
  /** Of all that came whole and are kept. */
  keptBytesTogether: number;
  /** Of those of one address. */
  keptBytesPerAddress: number;
  /** A long body that comes more slowly is given up. */
  bodyBytesPerSecond: number;
}

/** Reads the bodies of one hub's requests, each only as far as its limit and all together as far as theirs. */
export class BodyReader implements Disposable {
  readonly #clock: Clock;
  readonly #limits: BodyLimits;
  readonly #budget: ByteBudget;
  readonly #kept: ByteBudget;
  readonly #memory: LongBuffers;

  constructor(clock: Clock, limits: BodyLimits) {
    this.#clock = clock;
    this.#limits = limits;
    const { bodyBytesTogether: together, bodyBytesPerAddress: perAddress } = limits;
    this.#budget = new ByteBudget({ together, perAddress }, "long requests");
    const kept = { together: limits.keptBytesTogether, perAddress: limits.keptBytesPerAddress };
    this.#kept = new ByteBudget(kept, "long requests");
    this.#memory = new LongBuffers(clock);
  }

  /** A request's body as JSON. @throws Refusal (400, 408, 413, 429) */
  async json(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
    const bytes = await this.#bytes(incoming, maxBytes);
    return parse(() => parseJson(bytes.toString()), "Send a JSON object.");
  }

  /** The same for a long one: as UTF-8, and what `outlineJson` makes of it. @throws Refusal (400, 408, 413, 429) */
  async longJson(incoming: IncomingMessage, maxBytes: number): Promise<{ json: Buffer; outline: unknown }> {
    const bytes = await this.#bytes(incoming, maxBytes);
    // What is no character is replaced, as everywhere else: it is passed on, and a text frame may not hold it.
    const json = isUtf8(bytes) ? bytes : Buffer.from(bytes.toString());
    // A byte becomes three.
    if (json.byteLength > maxBytes) throw tooLarge(maxBytes);
    return { json, outline: parse(() => outlineJson(json), "Send a JSON object.") };
  }

  /** The same where the body may be left out: undefined then, and where it is no JSON. @throws Refusal (408, 413, 429) */
  async optionalJson(incoming: IncomingMessage, maxBytes: number): Promise<unknown> {
    const bytes = await this.#bytes(incoming, maxBytes);
    try {
      return parseJson(bytes.toString());
    } catch {
      return undefined; // Nothing depends on it: its sender may know nothing of ours.
    }
  }

  /** For a body that is kept until its answer begins; disposing says that it is not any more. @throws Refusal (429) */
  keep(incoming: IncomingMessage, bytes: number): Disposable {
    return this.#kept.hold(networkOf(addressOf(incoming.socket)), Math.max(0, bytes - FREE_BYTES));
  }

  /** A body from `longJson` that nobody may read any more. */
  giveBack(json: Buffer): void {
    this.#memory.giveBack(json);
  }

  dispose(): void {
    this.#memory.dispose();
  }

  #bytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
    const length = incoming.headers["content-length"];
    const announced = Number(length ?? 0);
    if (announced > maxBytes) return Promise.reject(tooLarge(maxBytes));
    return new Promise((resolve, reject) => {
      const share = this.#budget.share(networkOf(addressOf(incoming.socket)));
      const collected = new BodyBytes(length === undefined ? maxBytes : announced, this.#memory);
      let pace: Disposable | undefined;
      const onData = (piece: Buffer) => {
        if (collected.size + piece.byteLength > maxBytes) return settle(() => reject(tooLarge(maxBytes)));
        collected.push(piece);
        releaseBytes(piece);
        const shared = Math.max(0, collected.size - FREE_BYTES);
        const refusal = share.resize(shared);
        if (refusal) return settle(() => reject(refusal));
        if (shared > 0) pace ??= this.#watchPace(() => collected.size, onSlow);
      };
      const onSlow = () => settle(() => reject(tooSlow()));
      const onEnd = () => settle(() => resolve(withoutMark(collected.bytes())));
      const onBroken = () => settle(() => reject(brokenOff()));
      const settle = (act: () => void) => {
        incoming.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken);
        // What comes later is nobody's: an error without a listener would end the process.
        incoming.on("error", ignore);
        incoming.pause();
        pace?.dispose();
        share.dispose();
        act();
      };
      incoming.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken);
      if (announced > FREE_BYTES) pace = this.#watchPace(() => collected.size, onSlow);
    });
  }

  /** Else whoever begins long bodies and does not go on would keep others from sending theirs. */
  #watchPace(sizeNow: () => number, onSlow: () => void): Disposable {
    const clock = this.#clock;
    const enough = (this.#limits.bodyBytesPerSecond * PACE_MS) / 1_000;
    let timer = arm(sizeNow());
    function arm(before: number): Disposable {
      const dueAt = clock.monotonic() + PACE_MS;
      return clock.setTimeout(() => {
        const slept = clock.monotonic() - dueAt > SLEEP_GAP_MS;
        if (sizeNow() - before < enough && !slept) onSlow();
        else timer = arm(sizeNow());
      }, PACE_MS);
    }
    return { dispose: () => timer.dispose() };
  }
}

/** Made out here, where it holds on to no body: it stays for as long as the request is answered. */
function ignore(): void {}

/** Some editors and shells put a byte order mark before UTF-8, which is no JSON. */
function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;
}

function parse(read: () => unknown, hint: string): unknown {
  try {
    return read();
  } catch {
    throw new Refusal(400, "INVALID_REQUEST", "The body is not JSON, or has too many values.", hint);
  }
}

function tooLarge(maxBytes: number): Refusal {
  return new Refusal(413, "INVALID_REQUEST", `The body is over ${maxBytes} bytes.`, "Send less.");
}

function tooSlow(): Refusal {
  const hint = "Send it in one go, or over a faster network.";
  return new Refusal(408, "INVALID_REQUEST", "The body comes too slowly.", hint, {
    headers: { connection: "close" },
  });
}

function brokenOff(): Refusal {
  return new Refusal(400, "INVALID_REQUEST", "The body broke off.", "Send it whole.");
}
