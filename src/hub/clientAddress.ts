import { isIPv6, type Socket } from "node:net";

/** What stands for whoever is at the other end. Headers that name another address are anybody's claim, and not read. */
export function addressOf(socket: Pick<Socket, "remoteAddress">): string {
  return plainAddress(socket.remoteAddress ?? "");
}

/**
 * One spelling for each: a hub that listens on `::` sees IPv4 as `::ffff:10.0.0.2`, and `localhost` on its own machine as either
 * of two.
 */
export function plainAddress(address: string): string {
  // Every request is asked for it, and most come from an address that is plain already.
  if (!address.includes(":")) return address;
  if (address === "::1") return "127.0.0.1";
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "").replace(/%.*$/, "");
}

/** Whether it is this very machine. */
export function isLoopback(address: string | undefined): boolean {
  return /^127(\.\d{1,3}){3}$/.test(plainAddress(address ?? ""));
}

const IPV6_PARTS = 8;
/** Whoever has one address of IPv6 has these 64 bits' worth of others. */
const NETWORK_PARTS = 4;

/** What one household has at least: an IPv4 address, or a /64 of IPv6. */
export function networkOf(address: string): string {
  if (!address.includes(":") || !isIPv6(address)) return address;
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const last = tail ? tail.split(":") : [];
  const zeros = Array.from({ length: Math.max(0, IPV6_PARTS - first.length - last.length) }, () => "0");
  const parts = tail === undefined ? first : [...first, ...zeros, ...last];
  return parts
    .slice(0, NETWORK_PARTS)
    .map((part) => Number.parseInt(part, 16).toString(16))
    .join(":");
}
