import { networkInterfaces } from "node:os";

export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\./.test(host);
}

/** The URLs under which other machines reach a hub that listens on `host`; none for loopback. */
export function listenAddresses(host: string, port: number, secure: boolean): string[] {
  const scheme = secure ? "https" : "http";
  if (isLoopback(host)) return [];
  if (host !== "0.0.0.0" && host !== "::")
    return [`${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`];
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter((address) => !address.internal && address.family === "IPv4")
    .map((address) => `${scheme}://${address.address}:${port}`);
}
