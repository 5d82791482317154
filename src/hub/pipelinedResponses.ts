import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";

/**
 * Requests may follow one another on a connection before the first is answered. Where it closes, Node tells so to the
 * response whose turn it was; those that waited behind it are told here, or they would be served for nobody.
 */
export class PipelinedResponses {
  readonly #bySocket = new WeakMap<Duplex, Set<ServerResponse>>();

  add(response: ServerResponse): void {
    const queue = this.#queueOf(response.req.socket);
    queue.add(response);
    response.once("close", () => queue.delete(response));
  }

  /** Whether an answer has begun on the connection and is not over. */
  isAnswering(socket: Duplex): boolean {
    return [...(this.#bySocket.get(socket) ?? [])].some(({ headersSent }) => headersSent);
  }

  #queueOf(socket: Socket): Set<ServerResponse> {
    const known = this.#bySocket.get(socket);
    if (known) return known;
    const queue = new Set<ServerResponse>();
    this.#bySocket.set(socket, queue);
    socket.once("close", () => {
      for (const response of [...queue]) {
        if (response.destroyed) continue;
        response.destroy();
        response.emit("close");
      }
    });
    return queue;
  }
}
