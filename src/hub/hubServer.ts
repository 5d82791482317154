import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { getRequestListener } from "@hono/node-server";
import { type Clock, systemClock, wait } from "../common/clock";
import { DisposableStore } from "../common/disposable";
import { requestIdHeader } from "../protocol/inference";
import { createApp } from "./app";
import { BodyReader } from "./bodyReader";
import { ByteBudget } from "./byteBudget";
import { fingerprintOf } from "./certificate";
import { answerClientErrors } from "./clientErrors";
import type { Hub, HubOptions } from "./createHub";
import { declineUpgrade, wantsWebSocket } from "./declineUpgrade";
import { Dispatchers } from "./dispatchers";
import { Drain } from "./drain";
import { HostGuard } from "./hostGuard";
import type { HubParts } from "./hubParts";
import { IdleWatch } from "./idleWatch";
import { JsonAnswers } from "./jsonAnswers";
import { defaultLimits, type HubLimits } from "./limits";
import { listen, originOf } from "./listen";
import { type Logger, silentLogger } from "./logger";
import { makeAccess } from "./makeAccess";
import { MemoryRoomEvents } from "./memoryRoomEvents";
import { Passwords } from "./password";
import { PeerLogger } from "./peerLogger";
import { PipelinedRequests } from "./pipelinedRequests";
import { Prometheus } from "./prometheus";
import { ResponseRegistry } from "./responseRegistry";
import { logRoomEvent } from "./roomLog";
import { RoomRegistry } from "./roomRegistry";
import type { RoomStore } from "./roomStore";
import { startSweeper } from "./sweeper";
import { TunnelServer } from "./tunnelServer";
import { Watchers } from "./watchers";
import { makeWebServer, type WebServer } from "./webServer";
import { writeRefusal } from "./writeRefusal";

/** A watcher that was away for longer starts anew with a snapshot, ms. */
const EVENTS_KEPT_UNWATCHED_MS = 600_000;
/** What the disk gets for the last joins when the hub closes, ms. */
const STORE_GRACE_MS = 5_000;
/** What peers get to take their last bytes when the hub closes, ms. */
const CLOSE_GRACE_MS = 1_000;

/** A running hub: puts the parts together and gives them their sockets. */
export class HubServer implements Hub {
  readonly #host: string;
  readonly #wantedPort: number;
  readonly #parts: HubParts;
  readonly #guard: HostGuard;
  readonly #idle: IdleWatch;
  readonly #tunnels: TunnelServer;
  readonly #pipelined = new PipelinedRequests();
  readonly #web: WebServer;
  readonly #drain = new Drain();
  readonly #logger: Logger;
  readonly #store: RoomStore | undefined;
  /** In the order in which the hub ends: last in, first out. */
  readonly #disposables = new DisposableStore();
  #port = 0;
  #closing: Promise<void> | undefined;

  readonly onDidIdle;
  readonly fingerprint: string | undefined;

  constructor({
    host = "127.0.0.1",
    port = 0,
    version = "0.0.0",
    clock,
    ...options
  }: HubOptions & { clock: Clock }) {
    const logger = options.logger ?? silentLogger;
    const peerLogger = new PeerLogger(logger, clock);
    this.#logger = logger;
    const limits = { ...defaultLimits, ...options.limits };
    // "localhost" may mean ::1 to one program and 127.0.0.1 to another.
    this.#host = host === "localhost" ? "127.0.0.1" : host;
    this.#wantedPort = port;
    this.#guard = new HostGuard(host, options.allowedHosts, limits.urlLength);
    this.#store = options.store;
    const events = new MemoryRoomEvents(clock, {
      count: limits.eventsKept,
      bytes: limits.eventBytesKept,
      bytesTogether: limits.eventBytesKeptTogether,
      unwatchedMs: EVENTS_KEPT_UNWATCHED_MS,
    });
    const passwords = new Passwords();
    const registry = new RoomRegistry({ clock, limits, events, passwords, store: this.#store });
    const isOpen = options.open ?? false;
    const guards = makeAccess({ clock, limits, registry, passwords, isOpen });
    const { watchersPerRoom: maxWatchers, watcherBytes: maxBufferedBytes, flushMs: snapshotMs } = limits;
    const answers = new JsonAnswers(clock, limits);
    const watchers = new Watchers({ clock, maxWatchers, maxBufferedBytes, snapshotMs, events, answers });
    const watch = watchers.add.bind(watchers);
    const bodies = new BodyReader(clock, limits);
    const { unsentBytesTogether: together, unsentBytesPerAddress: perAddress } = limits;
    const unsent = new ByteBudget({ together, perAddress }, "long answers");
    const responses = new ResponseRegistry();
    const dispatchers = new Dispatchers(clock, limits);
    const prometheus = new Prometheus(() => ({
      ...registry.counts(),
      watchers: watchers.count,
      waiting: registry.rooms.reduce((sum, room) => sum + dispatchers.waitingIn(room), 0),
    }));
    this.#parts = {
      ...{ clock, limits, unsent, version, isOpen, registry, responses, bodies, dispatchers, watch, answers },
      ...{ logger, prometheus, ...guards },
    };
    this.#tunnels = new TunnelServer({
      ...{ clock, limits, door: guards.door, guard: this.#guard, log: peerLogger },
    });
    this.fingerprint = options.tls && fingerprintOf(options.tls);
    this.#web = this.#createServer(limits, options.tls);
    // Only now: a certificate that is no good must leave no timer.
    this.#idle = new IdleWatch(clock, options.idleTimeoutMs);
    this.onDidIdle = this.#idle.onDidIdle;
    registry.onDidHappen((event) => {
      prometheus.take(event);
      logRoomEvent(peerLogger, event);
    });
    this.#disposables.add({ dispose: () => registry.close() });
    this.#disposables.add(watchers);
    this.#disposables.add(bodies);
    this.#disposables.add(this.#idle);
    this.#disposables.add(
      startSweeper(clock, (awakeSince) => {
        registry.sweep(awakeSince);
        guards.door.sweep();
        events.sweep();
      }),
    );
  }

  get url(): string {
    return originOf(this.#host, this.#port, this.fingerprint !== undefined);
  }

  get port(): number {
    return this.#port;
  }

  get requestsUnderWay(): number {
    return this.#drain.running;
  }

  async listen(): Promise<void> {
    try {
      // Before anybody asks: a room that is not there yet would look like one that is no more.
      if (this.#store) this.#parts.registry.restore(await this.#store.load());
      this.#port = await listen(this.#server, this.#host, this.#wantedPort);
      this.#logger.info("listening", { url: this.url, rooms: this.#parts.registry.rooms.length });
    } catch (error) {
      this.#disposables.dispose();
      await this.#parts.registry.flush();
      throw error;
    }
  }

  close({ drainMs = 0 }: { drainMs?: number } = {}): Promise<void> {
    this.#closing ??= this.#close(drainMs);
    return this.#closing;
  }

  async #close(drainMs: number): Promise<void> {
    this.#logger.info("closing", { drainMs });
    const drained = this.#drain.begin();
    this.#parts.registry.windDown();
    if (drainMs > 0) await this.#inTime(drained, drainMs);
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#disposables.dispose();
    this.#server.closeIdleConnections();
    await this.#inTime(closed, CLOSE_GRACE_MS);
    this.#tunnels.terminate();
    this.#web.terminate();
    await closed;
    await this.#inTime(this.#parts.registry.flush(), STORE_GRACE_MS);
    this.#logger.info("closed");
  }

  /** Real time, whatever the hub's clock: this waits for the operating system. */
  async #inTime(done: Promise<void>, ms: number): Promise<void> {
    const patience = new AbortController();
    await Promise.race([done, wait(systemClock, ms, patience.signal)]);
    patience.abort();
  }

  #createServer(limits: HubLimits, tls: HubOptions["tls"]): WebServer {
    const app = createApp(this.#parts);
    // Hono would replace the Request and Response of the whole process, which is not ours alone.
    const listener = getRequestListener(app.fetch, { overrideGlobalObjects: false });
    const serve = (request: IncomingMessage, response: ServerResponse) => {
      this.#visit(response);
      const refusal = this.#guard.check(request) ?? this.#drain.check(request);
      if (!refusal) {
        listener(request, response).catch((error) =>
          this.#logger.error("a request failed", { error: String(error) }),
        );
        return;
      }
      const requestId = crypto.randomUUID();
      const headers = { "content-type": "application/json", [requestIdHeader]: requestId };
      response.writeHead(refusal.status, { ...refusal.headers, ...headers });
      response.end(JSON.stringify(refusal.toBody(request.url ?? "", requestId)));
    };
    const web = makeWebServer(limits, tls, (request, response) =>
      this.#pipelined.take(request, response, () => serve(request, response)),
    );
    answerClientErrors(web.server, (socket) => this.#pipelined.isAnswering(socket));
    web.server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // What comes next would stand in the middle of an answer; Node has given the connection up with all that waits on it.
      if (this.#pipelined.isServing(socket)) {
        socket.destroy();
        return;
      }
      if (!wantsWebSocket(request)) {
        declineUpgrade(web.server, request, socket, head);
        return;
      }
      const closing = this.#drain.check(request);
      if (closing) {
        writeRefusal(socket, closing);
        return;
      }
      const use = this.#idle.enter();
      socket.once("close", () => use.dispose());
      this.#tunnels.handleUpgrade(request, socket, head);
    });
    return web;
  }

  get #server(): Server {
    return this.#web.server;
  }

  #visit(response: ServerResponse): void {
    const use = this.#idle.enter();
    // Writing to a peer that is gone is no failure of the hub.
    response.on("error", () => response.destroy());
    this.#drain.watch(response);
    response.once("close", () => {
      use.dispose();
      // A connection that turns idle while the hub closes has nothing more to wait for.
      if (this.#closing) setImmediate(() => this.#server.closeIdleConnections());
    });
  }
}
