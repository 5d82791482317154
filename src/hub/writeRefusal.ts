import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import type { Refusal } from "./refusal";

/** Answers on a bare socket, where there is no response to write to, and closes it. */
export function writeRefusal(socket: Duplex, refusal: Refusal): void {
  const body = JSON.stringify(refusal.toFailure(crypto.randomUUID()));
  const headers = {
    ...refusal.headers,
    connection: "close",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  // What the peer goes on sending is nobody's: it must not fill buffers until it reads our answer.
  socket.on("error", () => socket.destroy()).resume();
  socket.end(
    [`HTTP/1.1 ${refusal.status} ${STATUS_CODES[refusal.status]}`, ...lines, "", body].join("\r\n"),
    () => socket.destroy(),
  );
}
