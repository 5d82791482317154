import { WebSocket } from "ws";
import { TUNNEL_SUBPROTOCOL } from "../../src/protocol/constants";
import { decodeFrame, encodeFrame } from "../../src/protocol/frames";
import { eventually } from "./eventually";
import type { TestHub } from "./startHub";

/** A request as it came down the tunnel, its body put together. */
export interface RawRequest {
  requestId: string;
  operation: string;
  method: string;
  path: string;
  stream: boolean;
  n?: number;
  bodyBytes?: number;
  headers: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of every shape.
  body: any;
}

/** A participant written by hand, frame by frame: it can do what ours never would. Speaks both tunnels. */
export class RawParticipant {
  readonly socket: WebSocket;
  readonly isOurs: boolean;
  /** Every text message that came, parsed. */
  readonly messages: Record<string, unknown>[] = [];
  readonly requests: RawRequest[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly #partial = new Map<number, { head: RawRequest; pieces: Uint8Array[]; bytes: number }>();
  /** Sizes of the binary frames that came. */
  readonly frameSizes: number[] = [];

  constructor(url: string, token: string, isOurs: boolean) {
    this.isOurs = isOurs;
    this.socket = new WebSocket(`${url}?token=${token}`, isOurs ? [TUNNEL_SUBPROTOCOL] : []);
    this.socket.on("error", () => {}); // The test sees the close that follows.
    this.socket.on("message", (data: Buffer, isBinary) =>
      isBinary ? this.#receiveFrame(data) : this.#receiveText(data.toString()),
    );
    this.closed = new Promise((resolve) => {
      this.socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
  }

  /** The next request that was not taken yet. */
  async nextRequest(): Promise<RawRequest> {
    await eventually(() => this.requests.length > 0);
    return this.requests.shift() as RawRequest;
  }

  async nextMessage(type: string): Promise<Record<string, unknown>> {
    await eventually(() => this.messages.some((each) => each.type === type));
    const at = this.messages.findIndex((each) => each.type === type);
    return this.messages.splice(at, 1)[0] as Record<string, unknown>;
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  sendBytes(bytes: Uint8Array): void {
    this.socket.send(bytes);
  }

  start({ requestId }: RawRequest, status = 200, headers: Record<string, string> = {}): void {
    this.send({ type: "tunnel.response.start", requestId, status, headers });
  }

  chunk({ requestId, n }: RawRequest, data: string | Uint8Array): void {
    const bytes = typeof data === "string" ? Buffer.from(data) : data;
    if (n === undefined) {
      const chunk = Buffer.from(bytes).toString("base64");
      this.send({ type: "tunnel.response.chunk", requestId, chunk });
    } else this.sendBytes(encodeFrame(n, bytes));
  }

  end({ requestId }: RawRequest): void {
    this.send({ type: "tunnel.response.end", requestId });
  }

  fail({ requestId }: RawRequest, message = "it broke", stage = "proxy"): void {
    this.send({ type: "tunnel.response.error", requestId, stage, message });
  }

  /** A whole answer at once. */
  answer(
    request: RawRequest,
    body: unknown,
    status = 200,
    headers = { "content-type": "application/json" },
  ): void {
    this.start(request, status, headers);
    this.chunk(request, typeof body === "string" ? body : JSON.stringify(body));
    this.end(request);
  }

  /** Answers each request as it comes, from now on. */
  serve(answer: (request: RawRequest) => void): void {
    this.onRequest = answer;
    for (const request of this.requests.splice(0)) answer(request);
  }

  onRequest: ((request: RawRequest) => void) | undefined;

  #receiveText(text: string): void {
    const message = JSON.parse(text);
    this.messages.push(message);
    if (message.type !== "tunnel.request") return;
    if (message.bodyBytes === undefined) this.#take(message);
    else this.#partial.set(message.n, { head: message, pieces: [], bytes: 0 });
  }

  #receiveFrame(data: Buffer): void {
    this.frameSizes.push(data.byteLength);
    const frame = decodeFrame(data);
    const partial = frame && this.#partial.get(frame.n);
    if (!partial) return;
    partial.pieces.push(frame.bytes);
    partial.bytes += frame.bytes.byteLength;
    if (partial.bytes < (partial.head.bodyBytes ?? 0)) return;
    this.#partial.delete(frame.n);
    this.#take({ ...partial.head, body: JSON.parse(Buffer.concat(partial.pieces).toString()) });
  }

  #take(request: RawRequest): void {
    if (this.onRequest) this.onRequest(request);
    else this.requests.push(request);
  }
}

export interface JoinOptions {
  /** `llm-rooms.1` where true, the base's tunnel otherwise. */
  ours?: boolean;
  card?: Record<string, unknown>;
  /** With the room's token. */
  init?: RequestInit;
}

/** Registers, opens the tunnel, and waits until the hub shows it as connected. */
export async function joinRaw(
  testHub: TestHub,
  code: string,
  id = "p1",
  { ours = true, card, init }: JoinOptions = {},
): Promise<RawParticipant> {
  const { tunnel } = await testHub.register(code, id, card, init);
  const participant = new RawParticipant(tunnel.url, tunnel.token, ours);
  await eventually(() => participant.socket.readyState === WebSocket.OPEN);
  await eventually(async () => (await testHub.participant(code, id, init)).connection.connected);
  return participant;
}
