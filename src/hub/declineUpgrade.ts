import type { IncomingMessage, Server } from "node:http";
import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";

/** Headers that belong to one connection, and are answered with it. */
const aboutUpgrade = /^(upgrade|connection|http2-settings)$/i;

export function wantsWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.toLowerCase() === "websocket";
}

/**
 * Serves a request as if it had not asked for an upgrade, as HTTP allows: Java's own client, and `curl --http2`, offer
 * HTTP/2 with each first request. Node has taken its parser off the connection by then: it gets the request once more.
 */
export function declineUpgrade(
  server: Server,
  request: IncomingMessage,
  socket: Duplex,
  head: Uint8Array,
): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  const { rawHeaders } = request;
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    if (!aboutUpgrade.test(rawHeaders[at] ?? "")) lines.push(`${rawHeaders[at]}: ${rawHeaders[at + 1]}`);
  }
  if (/\bclose\b/i.test(request.headers.connection ?? "")) lines.push("Connection: close");
  // Set for the time between two requests, by whatever was answered before.
  if (socket instanceof Socket) socket.setTimeout(0);
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), head]));
  // A server of HTTPS calls what has passed its handshake so.
  server.emit(socket instanceof TLSSocket ? "secureConnection" : "connection", socket);
}
