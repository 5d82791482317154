import type { IncomingMessage, ServerResponse } from "node:http";
import { tunnelClose } from "../protocol/tunnel";
import type { Refusal } from "./refusal";
import { closedWhileWaiting } from "./servingRefusals";

/** What still has to be told and asked while answers run out; all else would begin something new. */
const goesOn: readonly { method: string; path: RegExp }[] = [
  { method: "POST", path: /^\/v1\/rooms\/[^/]+\/participants\/[^/]+\/heartbeat$/ },
  { method: "DELETE", path: /^\/v1\/rooms\/[^/]+\/participants\/[^/]+$/ },
  { method: "POST", path: /^\/rooms\/[^/]+\/v1\/responses\/[^/]+\/cancel$/ },
  { method: "GET", path: /^\/(v1\/health|metrics)$/ },
];
/** Answers of the inference plane, which are worth waiting for. */
const answers = /^\/rooms\/[^/]+\/v1\//;

/** Lets the answers of a hub that closes run out while nothing new begins. */
export class Drain {
  #isClosing = false;
  #running = 0;
  #onDidEmpty = () => {};

  get running(): number {
    return this.#running;
  }

  /** Counts the answer that this response will be, until it closes. */
  watch(response: ServerResponse): void {
    if (!answers.test(response.req.url ?? "")) return;
    this.#running++;
    response.once("close", () => {
      this.#running--;
      if (this.#running === 0) this.#onDidEmpty();
    });
  }

  /** @returns why a closing hub does not do it, or undefined. */
  check({ method, url = "" }: Pick<IncomingMessage, "method" | "url">): Refusal | undefined {
    const [path = ""] = url.split("?");
    if (!this.#isClosing || goesOn.some((each) => each.method === method && each.path.test(path)))
      return undefined;
    return closedWhileWaiting(tunnelClose.hubShutdown);
  }

  /** From now on nothing new begins; resolves when no answer runs. */
  begin(): Promise<void> {
    this.#isClosing = true;
    if (this.#running === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onDidEmpty = resolve;
    });
  }
}
