import type { ClientRequest } from "node:http";
import { type ConnectionOptions, TLSSocket } from "node:tls";
import type { ClientOptions } from "ws";
import { notSecureError, pinError } from "./certificatePin";

/**
 * What makes a WebSocket of `ws` send its upgrade only to the hub with this certificate. The check stands before the
 * request's end, not in the making of its socket: VS Code puts an agent of its own, and a proxy, there.
 */
export function pinnedUpgrade(fingerprint: string): ClientOptions & ConnectionOptions {
  return {
    // The pin decides, not the authorities.
    rejectUnauthorized: false,
    // One that VS Code's agent kept would be resumed without the certificate that is to be checked.
    session: undefined,
    finishRequest: (request) => {
      request.once("socket", (socket) => {
        const host = String(request.getHeader("host") ?? "The hub");
        if (!(socket instanceof TLSSocket)) {
          request.destroy(notSecureError(host));
          return;
        }
        const check = () => finish(request, pinError(socket, fingerprint, host));
        // A proxy's agent may hand over a socket whose handshake is over.
        if (socket.getPeerX509Certificate()) check();
        else socket.once("secureConnect", check);
      });
    },
  };
}

/** Until here nothing of the request was written: `ws` leaves its end to us. */
function finish(request: ClientRequest, wrong: Error | undefined): void {
  if (wrong) request.destroy(wrong);
  else request.end();
}
