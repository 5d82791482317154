import type { Server } from "node:https";
import type { Socket } from "node:net";
import { Refusal } from "./refusal";
import { writeRefusal } from "./writeRefusal";

/** The first byte of a TLS handshake; no method of HTTP begins with it. */
const TLS_HANDSHAKE = 0x16;

/**
 * Looks at each connection's first byte, and answers plain HTTP in plain HTTP: whoever types http:// for https:// learns
 * why nothing works, and a request that was sent in the clear is not served.
 */
export class TlsGate {
  readonly #server: Server;
  readonly #patienceMs: number;
  readonly #beginTls: readonly ((socket: Socket) => void)[];
  /** Every connection, secured or not; the server itself knows only those whose handshake is over. */
  readonly #sockets = new Set<Socket>();

  /** @param patienceMs for the first byte */
  constructor(server: Server, patienceMs: number) {
    this.#server = server;
    this.#patienceMs = patienceMs;
    this.#beginTls = server.listeners("connection") as ((socket: Socket) => void)[];
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => this.#take(socket));
  }

  terminate(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #take(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    const end = () => socket.destroy();
    // Nobody else listens yet: a peer that resets its connection is no failure of the hub.
    socket.on("error", end).on("timeout", end).setTimeout(this.#patienceMs);
    socket.once("data", (bytes) => {
      socket.pause();
      if (bytes[0] !== TLS_HANDSHAKE) {
        answerInTheClear(socket);
        return;
      }
      // From here on TLS keeps its own time, and what it could not read is given back to it.
      socket.off("timeout", end).setTimeout(0).unshift(bytes);
      for (const begin of this.#beginTls) begin.call(this.#server, socket);
    });
  }
}

function answerInTheClear(socket: Socket): void {
  const refusal = new Refusal(
    400,
    "INVALID_REQUEST",
    "This hub speaks HTTPS only.",
    "Use its address with https://, or the invite link of a room.",
  );
  writeRefusal(socket, refusal);
}
