import type { Socket } from "node:net";
import type { buildConnector } from "undici";
import { errorCode } from "../common/errorCode";

/** What each connection had brought when a request was sent, bytes. */
export type Brought = ReadonlyMap<Socket, number>;

/** Tells of a request whose connection ended whether that was a used one, closed before anything came back on it. */
export class ReusedConnections {
  readonly #connect: buildConnector.connector;
  readonly #open = new Set<Socket>();
  /** By what ended them. */
  readonly #ended = new WeakMap<Error, Socket>();

  constructor(connect: buildConnector.connector) {
    this.#connect = connect;
  }

  /** For undici. */
  readonly connect: buildConnector.connector = (options, callback) => {
    this.#connect(options, (...[error, socket]) => {
      if (socket) this.#watch(socket);
      if (error) callback(error, null);
      else callback(null, socket);
    });
  };

  /** To be asked for right before a request is sent: what is not in it yet is new. */
  brought(): Brought {
    return new Map([...this.#open].map((socket) => [socket, socket.bytesRead]));
  }

  /** Whether this error ended a connection that was used before that request, and silent since; and is no deadline of ours. */
  brokeOff(error: unknown, before: Brought): boolean {
    const socket = error instanceof Error ? this.#ended.get(error) : undefined;
    const used = socket && before.get(socket);
    if (!used || socket.bytesRead !== used) return false;
    const code = errorCode(error);
    return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
  }

  #watch(socket: Socket): void {
    this.#open.add(socket);
    socket.once("close", () => this.#open.delete(socket));
    // Whatever ends it comes by here before it comes to the request: a reset, a failed write, the other side's end.
    socket.on("error", (end) => this.#ended.set(end, socket));
  }
}
