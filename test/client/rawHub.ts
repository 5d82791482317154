import { once } from "node:events";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

export interface RawRequest {
  readonly method: string;
  /** After the behaviour's name, as a hub below a reverse proxy's path sees it. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The client closed the connection before the answer was whole. */
  aborted: boolean;
  /** The connection is over, one way or the other. */
  closed: boolean;
}

export type Behaviour = (request: RawRequest, response: ServerResponse) => void;

/** A real HTTP server that is no hub: the first segment of its paths names how it behaves. */
export interface RawHub {
  /** The hub URL under which it behaves so. */
  at(behaviour: string): string;
  readonly requests: readonly RawRequest[];
  readonly openSockets: number;
  close(): Promise<void>;
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

export function sendData(response: ServerResponse, data: unknown): void {
  response.write(`data: ${JSON.stringify(data)}\n\n`);
}

export function beginStream(response: ServerResponse, headers: Record<string, string> = {}): void {
  response.writeHead(200, { "content-type": "text/event-stream", ...headers });
  response.flushHeaders();
}

/** What may answer at an address that a person took for a hub's. */
export const strangers: Record<string, Behaviour> = {
  html: (_, response) => {
    response
      .writeHead(200, { "content-type": "text/html" })
      .end("<!doctype html><title>Router</title><h1>Log in</h1>");
  },
  text404: (_, response) => response.writeHead(404).end("404 page not found"),
  redirect: (_, response) =>
    response.writeHead(302, { location: "http://elsewhere.example/login" }).end("moved"),
  wrongjson: (_, response) => sendJson(response, 200, { hello: "world" }),
  cutjson: (_, response) => response.writeHead(200).end('{"data":{"status":"ok"'),
  emptybody: (_, response) => response.writeHead(200).end(),
  lmstudio: (_, response) => sendJson(response, 200, { error: "Unexpected endpoint or method." }),
  stalls: () => {},
  stallsinbody: (_, response) => response.writeHead(200, { "content-length": "100" }).write('{"data":'),
  cuts: (_, response) => response.destroy(),
  cutsinbody: (_, response) => {
    response.writeHead(200, { "content-length": "100" }).write('{"data":', () => response.destroy());
  },
  huge: (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const piece = Buffer.alloc(64 * 1024, " ");
    const pump = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", pump);
    pump();
  },
  oldgambi: (request, response) => {
    if (request.path === "/health") return sendJson(response, 200, { status: "ok", timestamp: 1 });
    return sendJson(response, 404, { error: "Not found" });
  },
  badgateway: (_, response) => response.writeHead(502, { "content-type": "text/html" }).end("<h1>502</h1>"),
  internal: (_, response) =>
    sendJson(response, 500, { error: { code: "INTERNAL_ERROR", message: "The hub tripped." } }),
  password: (_, response) =>
    sendJson(response, 401, { error: { code: "INVALID_PASSWORD", message: "Wrong password." } }),
  unauthorised: (_, response) => response.writeHead(401, { "content-type": "application/json" }).end("{}"),
  forbidden: (_, response) =>
    sendJson(response, 403, { error: { code: "INVALID_REQUEST", message: "Not for you" } }),
  noroom: (_, response) =>
    sendJson(response, 404, {
      error: { code: "ROOM_NOT_FOUND", message: "Room not found.", hint: "List the rooms" },
    }),
  toolarge: (_, response) => response.writeHead(413, { "content-type": "application/json" }).end("{}"),
  hostile: (_, response) =>
    sendJson(response, 400, {
      error: {
        code: "INVALID_REQUEST",
        message: `\u001b[31mred\r\nsecond line \u202eevil ${"long ".repeat(1_000)}`,
        hint: "\u0007do this",
      },
    }),
};

export async function startRawHub(behaviours: Record<string, Behaviour> = strangers): Promise<RawHub> {
  const requests: RawRequest[] = [];
  const server = createServer((incoming, response) => {
    void answer(incoming, response).catch(() => response.destroy());
  });

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, name = "", ...rest] = (incoming.url ?? "").split("/");
    const request: RawRequest = {
      method: incoming.method ?? "",
      path: `/${rest.join("/")}`,
      headers: incoming.headers,
      body: await readText(incoming),
      aborted: false,
      closed: false,
    };
    response.on("close", () => {
      request.closed = true;
      request.aborted = !response.writableFinished;
    });
    requests.push(request);
    const behaviour = behaviours[name];
    if (behaviour) behaviour(request, response);
    else response.writeHead(404).end();
  }

  const sockets = await listen(server);
  return {
    at: (behaviour) => `${urlOf(server)}/${behaviour}`,
    requests,
    get openSockets() {
      return sockets.size;
    },
    close: () => closeServer(server),
  };
}

export async function listen(server: Server, port = 0): Promise<ReadonlySet<unknown>> {
  const sockets = new Set<unknown>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return sockets;
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

export async function readText(incoming: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  return Buffer.concat(pieces).toString("utf8");
}
