import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { TUNNEL_SUBPROTOCOL } from "../../src/protocol/constants";
import { decodeFrame, splitIntoFrames } from "../../src/protocol/frames";
import { hubFeatures } from "../../src/protocol/hubFeatures";
import { eventually } from "./eventually";

/** One management call that reached the hub. */
export interface RawCall {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown> | undefined;
}

export type Handler = (call: RawCall, response: ServerResponse) => void;

export interface RawHubOptions {
  /** What health lists. Default all of ours; `undefined` for none, as on a Gambi hub. */
  features?: readonly string[] | undefined;
  /** What a PUT answers besides, e.g. a participantToken. */
  registered?: Record<string, unknown>;
  /** In place of the usual answers, by method; settable later. */
  handlers?: Record<string, Handler>;
  /** Whether pings are answered. Default true. */
  pongs?: boolean;
  /** Granted with each request on our tunnel, bytes; endless unless told otherwise. */
  credit?: number;
}

/** A whole answer to one tunnel request, as the hub saw it. */
export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: Record<string, string>;
  readonly bytes: Buffer;
  /** "end", or the stage and message of the error. */
  readonly ended: "end" | { stage: string; message: string };
}

interface Message {
  readonly type: string;
  readonly requestId?: string;
  readonly [field: string]: unknown;
}

const ENDLESS = Number.MAX_SAFE_INTEGER;

/** The hub's end of one tunnel: it says whatever a test wants and records what it hears. */
export class RawTunnel {
  readonly messages: Message[] = [];
  readonly frames: { n: number; bytes: Buffer }[] = [];
  closed: { code: number; reason: string } | undefined;
  #nextNumber = 1;

  constructor(
    readonly socket: WebSocket,
    readonly url: string,
    /** Whether pings are answered. */
    public pongs: boolean,
    readonly credit: number,
  ) {
    socket.on("message", (data: Buffer, isBinary: boolean) => {
      if (isBinary) {
        const frame = decodeFrame(data);
        if (frame) this.frames.push({ n: frame.n, bytes: Buffer.from(frame.bytes) });
        return;
      }
      const message = JSON.parse(data.toString()) as Message;
      this.messages.push(message);
      if (this.pongs && message.type === "tunnel.ping")
        this.send({ type: "tunnel.pong", timestamp: message.timestamp });
    });
    socket.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
    });
    socket.on("error", () => {});
  }

  get isOurs(): boolean {
    return this.socket.protocol === TUNNEL_SUBPROTOCOL;
  }

  send(message: object): void {
    this.socket.send(JSON.stringify(message));
  }

  of(type: string, requestId?: string): Message[] {
    return this.messages.filter((each) => each.type === type && (!requestId || each.requestId === requestId));
  }

  /** Sends a request in this tunnel's own way. `fields` overrides any of the message's. */
  request(body: unknown, fields: Record<string, unknown> = {}): string {
    const n = this.#nextNumber++;
    const requestId = `r${n}`;
    const message = {
      type: "tunnel.request",
      requestId,
      operation: "chat.completions.create",
      method: "POST",
      path: "/v1/chat/completions",
      headers: {},
      stream: (body as { stream?: boolean } | undefined)?.stream ?? false,
    };
    if (!this.isOurs) {
      this.send({ ...message, body, ...fields });
      return String(fields.requestId ?? requestId);
    }
    const bytes = Buffer.from(JSON.stringify(body ?? null));
    this.send({ ...message, n, ...(body === undefined ? {} : { bodyBytes: bytes.byteLength }), ...fields });
    if (this.credit > 0) this.send({ type: "tunnel.credit", n, bytes: this.credit });
    if (body !== undefined) for (const frame of splitIntoFrames(n, bytes)) this.socket.send(frame);
    return String(fields.requestId ?? requestId);
  }

  /** Waits for the end of a request's answer. */
  async answer(requestId: string): Promise<RawAnswer> {
    const last = await eventually(() => {
      const found = this.messages.find(
        (each) => each.requestId === requestId && /response\.(end|error)$/.test(each.type),
      );
      return found ?? false;
    });
    const [start] = this.of("tunnel.response.start", requestId);
    return {
      status: start?.status as number | undefined,
      headers: (start?.headers ?? {}) as Record<string, string>,
      bytes: this.bytes(requestId),
      ended:
        last.type === "tunnel.response.end"
          ? "end"
          : { stage: String(last.stage), message: String(last.message) },
    };
  }

  /** What came of an answer so far. */
  bytes(requestId: string): Buffer {
    if (!this.isOurs) {
      const chunks = this.of("tunnel.response.chunk", requestId);
      return Buffer.concat(chunks.map(({ chunk }) => Buffer.from(String(chunk), "base64")));
    }
    const n = Number(requestId.slice(1));
    return Buffer.concat(this.frames.filter((frame) => frame.n === n).map(({ bytes }) => bytes));
  }
}

/** A hub that only pretends: it answers as told, keeps nothing, and may be as hostile as a test needs. */
export class RawHub {
  readonly calls: RawCall[] = [];
  readonly tunnels: RawTunnel[] = [];
  readonly handlers: Record<string, Handler>;
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets: WebSocketServer;
  #url = "";
  #tokens = 0;

  private constructor(readonly options: RawHubOptions) {
    this.handlers = options.handlers ?? {};
    this.#sockets = new WebSocketServer({ server: this.#server, maxPayload: 64 * 1024 * 1024 });
    this.#sockets.on("connection", (socket, request) =>
      this.tunnels.push(
        new RawTunnel(socket, request.url ?? "", options.pongs ?? true, options.credit ?? ENDLESS),
      ),
    );
  }

  static async start(options: RawHubOptions = {}, port = 0): Promise<RawHub> {
    const hub = new RawHub({ features: hubFeatures, ...options });
    hub.#server.listen(port, "127.0.0.1");
    await once(hub.#server, "listening");
    hub.#url = `http://127.0.0.1:${(hub.#server.address() as AddressInfo).port}`;
    return hub;
  }

  get url(): string {
    return this.#url;
  }

  get port(): number {
    return Number(new URL(this.#url).port);
  }

  /** The newest tunnel, once there are this many. */
  async tunnel(count = 1): Promise<RawTunnel> {
    await eventually(() => this.tunnels.length >= count);
    const tunnel = this.tunnels.at(-1);
    if (!tunnel) throw new Error("no tunnel");
    return tunnel;
  }

  callsOf(method: string, ending = ""): RawCall[] {
    return this.calls.filter((call) => call.method === method && call.path.endsWith(ending));
  }

  async close(): Promise<void> {
    for (const { socket } of this.tunnels) socket.terminate();
    this.#sockets.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const text = Buffer.concat(pieces).toString();
    const body = text === "" ? undefined : (JSON.parse(text) as Record<string, unknown>);
    const { method = "", url: path = "", headers } = request;
    const call = { method, path, headers, body };
    this.calls.push(call);
    const handler = this.handlers[call.path === "/v1/health" ? "HEALTH" : call.method] ?? this.#usual(call);
    handler(call, response);
  }

  #usual({ method, path, body }: RawCall): Handler {
    const now = Date.now();
    if (path === "/v1/health") {
      const { features } = this.options;
      const hub = features ? { hub: { name: "raw", version: "0", features } } : {};
      return (_, response) => sendData(response, 200, { status: "ok", timestamp: now, ...hub });
    }
    if (method === "PUT") {
      const id = decodeURIComponent(path.split("/").at(-1) ?? "");
      const participant = { id, ...body, status: "offline", joinedAt: now, lastSeen: now, updatedAt: now };
      const tunnel = {
        url: `${this.#url.replace("http", "ws")}${path}/tunnel`,
        token: `token-${++this.#tokens}`,
      };
      return (_, response) =>
        sendData(response, 201, { participant, roomId: "room", tunnel, ...this.options.registered });
    }
    if (method === "POST")
      return (_, response) => sendData(response, 200, { success: true, status: "online", lastSeen: now });
    return (_, response) => sendData(response, 200, { success: true });
  }
}

function sendData(response: ServerResponse, status: number, data: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ data, meta: { requestId: "x" } }));
}

export function sendFailure(response: ServerResponse, status: number, code: string, message = "No."): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify({ error: { code, message, hint: "Do this." }, meta: { requestId: "x" } }));
}
