import { createSocket } from "node:dgram";
import type { EventEmitter } from "node:events";
import type { Bonjour } from "bonjour-service";

/** Where multicast DNS is spoken; by default on port 5353 of the machine's networks. */
export interface MulticastSettings {
  /** Address of the one interface to use. */
  readonly interface?: string | undefined;
  readonly port?: number | undefined;
}

/** RFC 6762, 17: no message is longer, bytes. Reading one costs the square of its records. */
const MAX_MESSAGE_BYTES = 9_000;

/** What bonjour-service keeps to itself, and leaves without a listener for its errors. */
interface Inner {
  readonly server: { readonly mdns: EventEmitter };
}

/** Speaks multicast DNS until destroyed. @param onError for what would else end the process */
export async function openMulticastDns(
  settings: MulticastSettings,
  onError: (error: Error) => void,
): Promise<Bonjour> {
  const { Bonjour } = await import("bonjour-service");
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  const deliver = socket.emit.bind(socket);
  socket.emit = (event: string, ...args: unknown[]) => {
    const [message] = args;
    const isTooLong = event === "message" && Buffer.isBuffer(message) && message.length > MAX_MESSAGE_BYTES;
    return isTooLong ? false : deliver(event, ...args);
  };
  // Bound to one address a socket would hear no multicast: the interface alone says where.
  const options = { ...settings, socket, bind: "0.0.0.0" };
  const bonjour = new Bonjour(options, onError);
  const { mdns } = (bonjour as unknown as Inner).server;
  // A warning is a message that cannot be read, or an interface that went: neither is of any use to a person.
  mdns.on("error", onError).on("warning", () => {});
  return bonjour;
}
