import type { Server } from "node:http";
import type { Duplex } from "node:stream";
import { Refusal } from "./refusal";
import { writeRefusal } from "./writeRefusal";

/** Says why, where a request could not even be read: too slow, too long, or no HTTP. */
export function answerClientErrors(server: Server, isAnswering: (socket: Duplex) => boolean): void {
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    // A connection that broke, or a handshake of TLS that failed, which Node tells here as well.
    const isReadable = /^(HPE_|ERR_HTTP_)/.test(error.code ?? "");
    // In the middle of an answer there is no place for another one.
    if (!isReadable || !socket.writable || isAnswering(socket)) socket.destroy();
    else writeRefusal(socket, refusalOf(error.code));
  });
}

function refusalOf(code: string | undefined): Refusal {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return new Refusal(431, "INVALID_REQUEST", "The headers are too long.", "Send fewer or shorter ones.");
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return new Refusal(413, "INVALID_REQUEST", "The body's chunks are too wordy.", "Send it plainly.");
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return new Refusal(408, "INVALID_REQUEST", "The request came too slowly.", "Send it in one go.");
    default:
      return new Refusal(400, "INVALID_REQUEST", "That is no HTTP request.", "Speak HTTP/1.1.");
  }
}
