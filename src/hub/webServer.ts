import { createServer, type RequestListener, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { TlsIdentity } from "./certificate";
import { TlsGate } from "./tlsGate";

/** A peer that sends its headers more slowly is stuck, or means harm, ms. */
const HEADERS_TIMEOUT_MS = 30_000;
/** 32 MB over a slow network take minutes, ms. */
const REQUEST_TIMEOUT_MS = 600_000;
/** Longer than the pause between two messages of a chat need be, shorter than a proxy's patience, ms. */
const KEEP_ALIVE_TIMEOUT_MS = 30_000;

export interface WebServerOptions {
  connections: number;
  /** Of a TLS handshake, ms. */
  handshakeMs: number;
  tls?: TlsIdentity | undefined;
}

export interface WebServer {
  readonly server: Server;
  /** Ends every connection, those in the middle of a handshake too. */
  terminate(): void;
}

/** A server of HTTP, or of HTTPS where it has a certificate; the same waits bound both. */
export function makeWebServer(options: WebServerOptions, onRequest: RequestListener): WebServer {
  const timeouts = {
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  };
  if (!options.tls) {
    const server = createServer(timeouts, onRequest);
    server.maxConnections = options.connections;
    return { server, terminate: () => server.closeAllConnections() };
  }
  const { cert, key } = options.tls;
  const handshake = { cert, key, minVersion: "TLSv1.2", handshakeTimeout: options.handshakeMs } as const;
  const server = createTlsServer({ ...timeouts, ...handshake }, onRequest);
  server.maxConnections = options.connections;
  const gate = new TlsGate(server, options.handshakeMs);
  return {
    server,
    terminate: () => {
      server.closeAllConnections();
      gate.terminate();
    },
  };
}
