import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ParticipantInfo } from "../../src/protocol/participant";
import type { RoomSummary } from "../../src/protocol/room";
import { writeSse } from "../../src/protocol/sse";
import { beginStream, closeServer, listen, readText, sendData, sendJson, urlOf } from "./rawHub";

export interface GambiCall {
  readonly path: string;
  readonly body: Record<string, unknown>;
  readonly response: ServerResponse;
}

/**
 * Behaves as a Gambi hub does on the wire: few events, no comments, no features, and a process that ends when a requester
 * closes a stream. The test says what happens by hand.
 */
export class GambiHub {
  participants: ParticipantInfo[] = [];
  room: RoomSummary | undefined;
  /** Its clock minus ours, ms. */
  skewMs = 0;
  healthy = true;
  /** A requester closed a stream before its end: a real one would be gone now. */
  crashed = false;
  readonly calls: GambiCall[] = [];
  /** What `POST /responses` and `/chat/completions` answer. */
  onCall: (call: GambiCall) => void = ({ response }) => sendJson(response, 501, { error: "no adapter" });
  polls = 0;
  readonly watchers = new Set<ServerResponse>();
  connections = 0;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch(() => response.destroy());
  });
  #sockets: ReadonlySet<unknown> = new Set();

  constructor(room: RoomSummary) {
    this.room = room;
  }

  async start(port = 0): Promise<this> {
    this.#sockets = await listen(this.#server, port);
    return this;
  }

  get url(): string {
    return urlOf(this.#server);
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  close(): Promise<void> {
    return closeServer(this.#server);
  }

  emit(type: string, data: unknown, roomCode = this.room?.code): void {
    const event = { type, timestamp: Date.now() + this.skewMs, roomCode, data };
    for (const watcher of this.watchers) {
      watcher.write(writeSse({ event: type, data: JSON.stringify(event) }));
    }
  }

  /** As Bun does to a stream that was silent for some ten seconds. */
  cutIdleWatchers(): void {
    for (const watcher of this.watchers) watcher.destroy();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? "";
    const text = await readText(request);
    if (path.startsWith("/rooms/")) {
      const call = { path, body: text === "" ? {} : JSON.parse(text), response };
      response.on("close", () => {
        if (!response.writableFinished) this.crashed = true;
      });
      this.calls.push(call);
      return this.onCall(call);
    }
    if (!this.healthy) return sendJson(response, 500, { error: { code: "INTERNAL_ERROR", message: "no" } });
    if (path === "/v1/health") return sendJson(response, 200, data({ status: "ok", timestamp: 1 }));
    if (!this.room || !path.startsWith(`/v1/rooms/${this.room.code}`)) {
      return sendJson(response, 404, { error: { code: "ROOM_NOT_FOUND", message: "Room not found." } });
    }
    if (path.endsWith("/participants")) {
      this.polls++;
      return sendJson(response, 200, data(this.participants));
    }
    return this.#watch(response);
  }

  #watch(response: ServerResponse): void {
    this.connections++;
    beginStream(response);
    this.watchers.add(response);
    response.on("close", () => this.watchers.delete(response));
    sendData(response, {
      type: "connected",
      timestamp: Date.now() + this.skewMs,
      roomCode: this.room?.code,
      data: { clientId: "c1" },
    });
  }
}

function data(value: unknown): unknown {
  return { data: value, meta: { requestId: "r" } };
}
