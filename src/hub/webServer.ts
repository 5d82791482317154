import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsIdentity } from "./certificate";
import { ConnectionGate } from "./connectionGate";
import type { HubLimits } from "./limits";
import { TlsGate } from "./tlsGate";

/** How late a peer that is too slow may be noticed, ms. */
const CHECK_MS = 1_000;

export interface WebServer {
  readonly server: Server;
  /** Ends every connection, those in the middle of a handshake too. */
  terminate(): void;
}

/** A server of HTTP, or of HTTPS where it has a certificate; the same limits bound both. */
export function makeWebServer(
  limits: HubLimits,
  tls: TlsIdentity | undefined,
  onRequest: RequestListener,
): WebServer {
  const bounds = {
    headersTimeout: limits.headersMs,
    requestTimeout: limits.requestMs,
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
    maxHeaderSize: limits.headerBytes,
  };
  if (!tls) {
    const server = createServer(bounds, onRequest);
    new ConnectionGate(server, limits, true);
    return { server, terminate: () => server.closeAllConnections() };
  }
  const { cert, key } = tls;
  const handshake = { cert, key, minVersion: "TLSv1.2", handshakeTimeout: limits.handshakeMs } as const;
  const server = createTlsServer({ ...bounds, ...handshake }, onRequest);
  const gate = new TlsGate(server, limits.handshakeMs);
  new ConnectionGate(server, limits, false);
  return {
    server,
    terminate: () => {
      server.closeAllConnections();
      gate.terminate();
    },
  };
}
