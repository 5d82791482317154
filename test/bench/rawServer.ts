import { WebSocket } from "ws";
import { TUNNEL_SUBPROTOCOL } from "../../src/protocol/constants";
import { encodeFrame } from "../../src/protocol/frames";
import { Pacers } from "./pacer";
import { lastEvent, type Plan, planIn, stampedEvent, tokenEvent } from "./plan";

interface Request {
  requestId: string;
  n: number;
  bodyBytes: number;
}

/** Not more than this waits in the process, bytes; as the network takes it more is made. */
const MAX_BUFFERED_BYTES = 65_536;

/** A hub that has granted nothing by then never will, ms. */
const GRANT_WITHIN_MS = 500;

const pacers = new Pacers();

/** A participant that is its own provider: what it sends costs it little, a frame a token. */
export class RawServer {
  readonly socket: WebSocket;
  readonly #hasCredit: boolean;
  readonly #answers = new Map<number, RawAnswer>();
  #incoming: RawAnswer | undefined;

  constructor(url: string, hasCredit: boolean) {
    this.#hasCredit = hasCredit;
    this.socket = new WebSocket(url, [TUNNEL_SUBPROTOCOL], { perMessageDeflate: false });
    this.socket.on("error", () => {}); // The close that follows ends its answers.
    this.socket.on("close", () => this.#endAll());
    this.socket.on("message", (data: Buffer, isBinary) => (isBinary ? this.#body(data) : this.#text(data)));
  }

  get opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.socket.once("open", resolve);
      this.socket.once("error", reject);
    });
  }

  #text(data: Buffer): void {
    const message = JSON.parse(data.toString());
    if (message.type === "tunnel.request") this.#ask(message);
    else if (message.type === "tunnel.credit") this.#answers.get(message.n)?.grant(message.bytes);
    else if (message.type === "tunnel.cancel") this.#cancel(message.requestId);
  }

  #ask(request: Request): void {
    const onEnd = () => this.#answers.delete(request.n);
    this.#incoming = new RawAnswer(this.socket, request, this.#hasCredit, onEnd);
    this.#answers.set(request.n, this.#incoming);
  }

  /** The bench's bodies fit into one frame, and no other comes before it. */
  #body(data: Buffer): void {
    const plan = planIn(data.toString("latin1", 0, 4_096));
    if (plan) this.#incoming?.begin(plan);
    this.#incoming = undefined;
  }

  #cancel(requestId: string): void {
    for (const answer of this.#answers.values()) if (answer.requestId === requestId) answer.end();
  }

  #endAll(): void {
    for (const answer of this.#answers.values()) answer.end();
  }
}

class RawAnswer {
  readonly requestId: string;
  readonly #socket: WebSocket;
  readonly #n: number;
  readonly #onEnd: () => void;
  #credit: number;
  #stop: (() => void) | undefined;
  #resume: (() => void) | undefined;
  #granted = false;
  #over = false;

  constructor(socket: WebSocket, { requestId, n }: Request, hasCredit: boolean, onEnd: () => void) {
    this.#socket = socket;
    this.requestId = requestId;
    this.#n = n;
    this.#credit = hasCredit ? 0 : Number.POSITIVE_INFINITY;
    this.#onEnd = onEnd;
  }

  begin(plan: Plan): void {
    const headers = { "content-type": "text/event-stream" };
    this.#say({ type: "tunnel.response.start", requestId: this.requestId, status: 200, headers });
    if (plan.everyMs > 0) this.#pace(plan);
    else this.#flood(plan);
    if (this.#credit === 0) setTimeout(() => this.#doWithoutGrants(), GRANT_WITHIN_MS);
  }

  #doWithoutGrants(): void {
    if (!this.#granted) this.grant(Number.POSITIVE_INFINITY);
  }

  grant(bytes: number): void {
    this.#granted = true;
    this.#credit += bytes;
    this.#resume?.();
  }

  end(): void {
    if (this.#over) return;
    this.#over = true;
    this.#stop?.();
    this.#onEnd();
    this.#say({ type: "tunnel.response.end", requestId: this.requestId });
  }

  #pace(plan: Plan): void {
    let sent = 0;
    const tick = () => {
      const event = Buffer.from(stampedEvent(), "latin1");
      // A token for which there is no credit is left out: it would only measure how long it waited here.
      if (event.byteLength <= this.#credit) this.#send(event);
      if (++sent === plan.tokens) this.#finish();
    };
    this.#stop = pacers.add(plan.everyMs, tick);
  }

  #flood(plan: Plan): void {
    const event = tokenEvent(plan.bytes);
    const end = plan.tokens === 0 ? Number.POSITIVE_INFINITY : plan.tokens;
    let sent = 0;
    const write = () => {
      while (!this.#over && sent < end && event.byteLength <= this.#credit) {
        if (this.#socket.bufferedAmount > MAX_BUFFERED_BYTES) return;
        sent++;
        this.#send(event, write);
      }
      if (sent === end) this.#finish();
    };
    this.#resume = write;
    write();
  }

  #finish(): void {
    if (!this.#over) this.#send(Buffer.from(lastEvent));
    this.end();
  }

  #send(bytes: Buffer, onSent?: () => void): void {
    this.#credit -= bytes.byteLength;
    this.#socket.send(encodeFrame(this.#n, bytes), onSent);
  }

  #say(message: object): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}
