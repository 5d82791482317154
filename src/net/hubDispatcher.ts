import { TLSSocket } from "node:tls";
import type { buildConnector as connectors, Dispatcher } from "undici";
import { notSecureError, pinError } from "./certificatePin";
import { Agent, buildConnector } from "./undici";

/** To open a connection: a machine on the local network answers in milliseconds or not at all. */
const CONNECT_TIMEOUT_MS = 10_000;
const MAX_HEADER_BYTES = 32 * 1024;

/**
 * How every HTTP call reaches a hub. A connection for each request, closed after it (undici: `pipelining: 0`), so that
 * nothing idle is left behind. undici's own limits are off: every caller sets its own by a Clock.
 * @param fingerprint of the hub's certificate: another one is refused before a byte of HTTP is sent. Without it the
 * authorities of this machine decide.
 */
export function makeHubDispatcher(fingerprint?: string): Dispatcher {
  return new Agent({
    pipelining: 0,
    connect: fingerprint === undefined ? { timeout: CONNECT_TIMEOUT_MS } : pinnedConnector(fingerprint),
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
  });
}

/** undici sends nothing before the connector has called back. */
function pinnedConnector(fingerprint: string): connectors.connector {
  const connect = buildConnector({
    timeout: CONNECT_TIMEOUT_MS,
    // The pin decides, not the authorities, and no session is resumed that was checked another time.
    rejectUnauthorized: false,
    maxCachedSessions: 0,
  });
  return (options, callback) => {
    const host = options.host ?? options.hostname;
    if (options.protocol !== "https:") {
      callback(notSecureError(host), null);
      return;
    }
    connect(options, (...[error, socket]) => {
      if (error) {
        callback(error, null);
        return;
      }
      const wrong = socket instanceof TLSSocket ? pinError(socket, fingerprint, host) : notSecureError(host);
      if (!wrong) {
        callback(null, socket);
        return;
      }
      socket.destroy();
      callback(wrong, null);
    });
  };
}
