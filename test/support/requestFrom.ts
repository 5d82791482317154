import { request } from "node:http";
import type { Answered } from "./startHub";

export interface RequestFrom {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
}

/** A request that comes from another address of this machine, e.g. 127.0.0.2, on a connection of its own. */
export function requestFrom(
  localAddress: string,
  url: string,
  { method = "GET", body, headers = {} }: RequestFrom = {},
): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, { method, headers, localAddress, agent: false }, (incoming) => {
      const pieces: Buffer[] = [];
      incoming.on("data", (piece: Buffer) => pieces.push(piece));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const told = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)] as const);
        const status = incoming.statusCode ?? 0;
        resolve({ status, headers: new Headers(told.map(([a, b]) => [a, b])), body: parse(pieces) });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function parse(pieces: readonly Buffer[]): unknown {
  const text = Buffer.concat(pieces).toString();
  return text === "" ? undefined : JSON.parse(text);
}
