import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import type { Clock } from "../common/clock";
import { MAX_BODY_BYTES, MAX_FRAME_BYTES, TUNNEL_SUBPROTOCOL } from "../protocol/constants";
import { ByteBudget } from "./byteBudget";
import { addressOf, networkOf } from "./clientAddress";
import type { HostGuard } from "./hostGuard";
import type { HubLimits } from "./limits";
import type { PeerLogger } from "./peerLogger";
import { internalError, Refusal } from "./refusal";
import { Tunnel, type TunnelClose, type TunnelSocket } from "./tunnel";
import type { TunnelDoor } from "./tunnelDoor";
import { writeRefusal } from "./writeRefusal";

/** Beyond it the socket closes with 1009. */
const MAX_MESSAGE_BYTES = MAX_FRAME_BYTES + 64 * 1024;
/** The base has no smaller frames: one chunk may hold a whole answer in base64. */
const MAX_BASE_MESSAGE_BYTES = Math.ceil((MAX_BODY_BYTES * 4) / 3) + 64 * 1024;
/** Of a message that has not come whole; only what is longer has to share, bytes. Our participants' frames are shorter. */
const FREE_BYTES = 64 * 1024;

const tunnelPath = /^\/v1\/rooms\/([^/]+)\/participants\/([^/]+)\/tunnel$/;

export interface TunnelServerOptions {
  clock: Clock;
  door: TunnelDoor;
  guard: HostGuard;
  log: PeerLogger;
  limits: Pick<HubLimits, "unfinishedBytesTogether" | "unfinishedBytesPerAddress">;
}

/** The WebSocket side of tunnels: the one file that knows the socket library. */
export class TunnelServer {
  readonly #options: TunnelServerOptions;
  readonly #ours = serverFor(MAX_MESSAGE_BYTES, () => TUNNEL_SUBPROTOCOL);
  readonly #base = serverFor(MAX_BASE_MESSAGE_BYTES, () => false);
  /** What tunnels hold of messages that have not come whole. */
  readonly #unfinished: ByteBudget;

  constructor(options: TunnelServerOptions) {
    this.#options = options;
    const { unfinishedBytesTogether: together, unfinishedBytesPerAddress: perAddress } = options.limits;
    this.#unfinished = new ByteBudget({ together, perAddress }, "long messages");
  }

  /** Answers an HTTP upgrade: with a tunnel, or with why not. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    // A peer that resets its connection meanwhile is no failure of ours.
    socket.on("error", () => socket.destroy());
    const { door, guard } = this.#options;
    try {
      const refusal = guard.check(request);
      if (refusal) throw refusal;
      const key = parseTunnelUrl(request.url ?? "");
      const { room, record } = door.enter({ ...key, address: addressOf(request.socket) });
      const server = offersOurs(request) ? this.#ours : this.#base;
      server.handleUpgrade(request, socket, head, (ws) => {
        this.#boundUnfinished(ws, socket, networkOf(addressOf(request.socket)));
        room.connect(record, this.#open(ws, socket, record.id));
      });
    } catch (error) {
      const refusal = error instanceof Refusal ? error : internalError();
      if (refusal !== error) this.#options.log.warn("an upgrade failed", { error: String(error) });
      writeRefusal(socket, refusal);
    }
  }

  /** Ends what is still open, handshake or not. */
  terminate(): void {
    for (const server of [this.#ours, this.#base]) {
      for (const ws of server.clients) ws.terminate();
      server.close();
    }
  }

  #boundUnfinished(ws: WebSocket, socket: Duplex, network: string): void {
    const share = this.#unfinished.share(network);
    let unfinished = 0;
    const giveBack = () => {
      unfinished = 0;
      share.dispose();
    };
    socket.on("data", (piece: Buffer) => {
      unfinished += piece.byteLength;
      if (unfinished > FREE_BYTES && share.resize(unfinished - FREE_BYTES)) ws.terminate();
    });
    ws.on("message", giveBack).on("close", giveBack);
  }

  #open(ws: WebSocket, socket: Duplex, participantId: string): Tunnel {
    const tunnel = new Tunnel(new WsTunnelSocket(ws, socket), {
      clock: this.#options.clock,
      isOurs: ws.protocol === TUNNEL_SUBPROTOCOL,
      log: (message) => this.#options.log.warn(message, { participant: participantId }),
    });
    // With ws's default binaryType a message is always one Buffer.
    ws.on("message", (data: Buffer, isBinary) => tunnel.receive(isBinary ? data : data.toString()));
    ws.on("close", () => tunnel.socketClosed());
    ws.on("error", (error) =>
      this.#options.log.warn("a tunnel failed", { participant: participantId, error: error.message }),
    );
    return tunnel;
  }
}

function serverFor(maxPayload: number, handleProtocols: () => string | false): WebSocketServer {
  return new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload, handleProtocols });
}

function offersOurs({ headers }: IncomingMessage): boolean {
  const offered = headers["sec-websocket-protocol"] ?? "";
  return offered.split(",").some((protocol) => protocol.trim() === TUNNEL_SUBPROTOCOL);
}

class WsTunnelSocket implements TunnelSocket {
  readonly #ws: WebSocket;
  readonly #socket: Duplex;

  constructor(ws: WebSocket, socket: Duplex) {
    this.#ws = ws;
    this.#socket = socket;
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN;
  }

  get bufferedBytes(): number {
    return this.#ws.bufferedAmount;
  }

  send(data: string | Uint8Array, onSent?: () => void): void {
    // A failed send ends in "close", which fails every call: nothing to do here.
    this.#ws.send(data, (error) => error ?? onSent?.());
  }

  together(send: () => void): void {
    this.#socket.cork();
    try {
      send();
    } finally {
      this.#socket.uncork();
    }
  }

  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  close({ code, reason }: TunnelClose): void {
    this.#ws.close(code, reason);
  }
}

/** @throws Refusal */
function parseTunnelUrl(target: string): { code: string; id: string; token: string | null } {
  const url = URL.canParse(target, "http://hub") ? new URL(target, "http://hub") : undefined;
  const [, code, id] = tunnelPath.exec(url?.pathname ?? "") ?? [];
  if (!url || !code || !id) {
    throw new Refusal(
      404,
      "INVALID_REQUEST",
      "Route not found.",
      "Open a tunnel at the URL that PUT answered.",
    );
  }
  return { code: decode(code), id: decode(id), token: url.searchParams.get("token") };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part; // As Hono does for the other routes: then no participant is found.
  }
}
