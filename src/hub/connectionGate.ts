import type { Server, Socket } from "node:net";
import { addressOf, networkOf } from "./clientAddress";
import { limitReached } from "./refusal";
import { writeRefusal } from "./writeRefusal";

export interface ConnectionLimits {
  connections: number;
  /** Of one address; fewer than all, so that nobody takes every place. */
  connectionsPerAddress: number;
}

/** Counts a server's connections, and refuses those beyond its limits before a byte of them is read. */
export class ConnectionGate {
  readonly #limits: ConnectionLimits;
  readonly #speaksHttp: boolean;
  readonly #sockets = new Set<Socket>();
  readonly #byNetwork = new Map<string, number>();

  /** @param speaksHttp whether a refusal can be said in plain HTTP; else the connection just ends */
  constructor(server: Server, limits: ConnectionLimits, speaksHttp: boolean) {
    this.#limits = limits;
    this.#speaksHttp = speaksHttp;
    const begin = server.listeners("connection") as ((socket: Socket) => void)[];
    server.removeAllListeners("connection");
    server.on("connection", (socket: Socket) => {
      if (this.#take(socket)) for (const each of begin) each.call(server, socket);
    });
  }

  #take(socket: Socket): boolean {
    // An upgrade that was declined goes through the server a second time.
    if (this.#sockets.has(socket)) return true;
    const network = networkOf(addressOf(socket));
    const count = this.#byNetwork.get(network) ?? 0;
    const isOneTooMany =
      this.#sockets.size >= this.#limits.connections || count >= this.#limits.connectionsPerAddress;
    if (isOneTooMany) {
      this.#refuse(socket);
      return false;
    }
    this.#sockets.add(socket);
    this.#byNetwork.set(network, count + 1);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      const left = (this.#byNetwork.get(network) ?? 1) - 1;
      if (left > 0) this.#byNetwork.set(network, left);
      else this.#byNetwork.delete(network);
    });
    return true;
  }

  #refuse(socket: Socket): void {
    if (!this.#speaksHttp) {
      socket.destroy();
      return;
    }
    const hint = "Close others that are not used, or retry in a while.";
    writeRefusal(socket, limitReached("The hub has as many connections as it takes.", hint, 10));
  }
}
