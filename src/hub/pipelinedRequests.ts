import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

/** Requests that wait behind another on one connection; no client that we know sends even one. */
const MAX_WAITING = 16;
/** Of what is not served: Node keeps something of each, so that a connection with more ends at once. */
const MAX_DROPPED = 100;
/** A longer body would have to be read to learn that its sender has left, bytes. */
const MAX_WAITING_BODY_BYTES = 8 * 1024;

/** What one connection asks for. The first is being served. */
interface Turns {
  readonly queue: { request: IncomingMessage; response: ServerResponse; serve: () => void }[];
  /** More came than may wait: so many are not answered, and none behind them. */
  dropped: number;
}

/**
 * Requests may follow one another on a connection before the first is answered. They are served one at a time: whoever sends
 * thousands in one packet would have them all worked on at once, and their answers kept. Where too many wait, or a long one,
 * the connection ends with the answers to those before, and HTTP has the client ask again (RFC 9112, 9.3.2).
 */
export class PipelinedRequests {
  readonly #bySocket = new WeakMap<Duplex, Turns>();

  /** Calls `serve` when it is the request's turn; never, where its connection ends before. */
  take(request: IncomingMessage, response: ServerResponse, serve: () => void): void {
    const { socket } = request;
    const turns = this.#bySocket.get(socket) ?? { queue: [], dropped: 0 };
    this.#bySocket.set(socket, turns);
    const { queue } = turns;
    if (turns.dropped > 0 || queue.length > MAX_WAITING || (queue.length > 0 && !isShort(request))) {
      request.resume();
      if (++turns.dropped > MAX_DROPPED) socket.destroy();
      return;
    }
    queue.push({ request, response, serve });
    response.once("close", () => {
      queue.shift();
      if (socket.destroyed) return;
      if (queue[0]) queue[0].serve();
      else if (turns.dropped > 0) socket.destroySoon();
    });
    if (queue.length === 1) serve();
  }

  /** Whether a request on the connection is not answered yet. */
  isServing(socket: Duplex): boolean {
    return (this.#bySocket.get(socket)?.queue.length ?? 0) > 0;
  }

  /** Whether what is read on the connection is no part of the request being served, or that is being answered already. */
  isAnswering(socket: Duplex): boolean {
    const [first] = this.#bySocket.get(socket)?.queue ?? [];
    return first !== undefined && (first.request.complete || first.response.headersSent);
  }
}

function isShort({ headers }: IncomingMessage): boolean {
  return (
    headers["transfer-encoding"] === undefined &&
    Number(headers["content-length"] ?? 0) <= MAX_WAITING_BODY_BYTES
  );
}
