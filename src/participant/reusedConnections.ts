import type { buildConnector } from "undici";

/** Tells of a broken connection whether it had carried an answer before. */
export class ReusedConnections {
  readonly #connect: buildConnector.connector;
  /** What connections ended with that had. */
  readonly #ends = new WeakSet<Error>();

  constructor(connect: buildConnector.connector) {
    this.#connect = connect;
  }

  /** For undici. */
  readonly connect: buildConnector.connector = (options, callback) => {
    this.#connect(options, (...[error, socket]) => {
      // Whatever ends it comes by here before it comes to the request: a reset, a failed write, the other side's end.
      socket?.on("error", (end) => {
        if (socket.bytesRead > 0) this.#ends.add(end);
      });
      if (error) callback(error, null);
      else callback(null, socket);
    });
  };

  /** Whether this error is the end of a connection that had been used before, and not a deadline of ours. */
  brokeOff(error: unknown): boolean {
    if (!(error instanceof Error) || !this.#ends.has(error)) return false;
    const { code } = error as { code?: unknown };
    return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
  }
}
