import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const MDNS_GROUP = "224.0.0.251";
const LOOPBACK = "127.0.0.1";

/** Multicast that stays on this machine, at a port of the test's own. */
export async function loopbackMulticast(): Promise<{ interface: string; port: number }> {
  const socket = createSocket("udp4").bind(0, LOOPBACK);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  await once(socket, "close");
  return { interface: LOOPBACK, port };
}

/** Hears every message at that port that comes by one interface. */
export class MulticastListener {
  messages = 0;
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("message", () => this.messages++);
  }

  static async open(port: number, address = LOOPBACK): Promise<MulticastListener> {
    const socket = createSocket({ type: "udp4", reuseAddr: true }).bind(port);
    await once(socket, "listening");
    socket.addMembership(MDNS_GROUP, address);
    socket.setMulticastInterface(address);
    return new MulticastListener(socket);
  }

  /** Resolves once what was sent before it on this machine has been heard: messages keep their order there. */
  async settle(): Promise<void> {
    const before = this.messages;
    this.#socket.send("end", this.#socket.address().port, MDNS_GROUP);
    while (this.messages === before) await once(this.#socket, "message");
    this.messages--;
  }

  async close(): Promise<void> {
    this.#socket.close();
    await once(this.#socket, "close");
  }
}
