import type { Socket } from "node:net";

/** What stands for whoever is at the other end. Headers that name another address are anybody's claim, and not read. */
export function addressOf(socket: Pick<Socket, "remoteAddress">): string {
  return plainAddress(socket.remoteAddress ?? "");
}

/** One spelling for each: a hub that listens on `::` sees IPv4 as `::ffff:10.0.0.2`. */
export function plainAddress(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "").replace(/%.*$/, "");
}
