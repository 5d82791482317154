import { type Clock, setRepeating } from "../common/clock";
import { type Disposable, DisposableStore } from "../common/disposable";
import { HumanError, type HumanErrorCode } from "../common/humanError";
import { parseJson } from "../common/parseJson";
import { HEALTH_CHECK_INTERVAL, PARTICIPANT_TIMEOUT } from "../protocol/constants";
import { hubHas } from "../protocol/hubFeatures";
import type { HeartbeatBody, ParticipantStatus, Registration } from "../protocol/participant";
import { hubMessageSchema, tunnelClose } from "../protocol/tunnel";
import type { HubCalls } from "./hubCalls";
import { RequestServer } from "./requestServer";
import type { ServedRequest, ServingContext } from "./servedRequest";
import type { AnswerTunnel } from "./tunnelAnswer";
import { TunnelSocket } from "./tunnelSocket";

/** A lost heartbeat may be chance; after so many the hub is taken for lost although its tunnel looks open. */
const MAX_MISSED_HEARTBEATS = 3;
/** Of a hub: what a proxy says while it cannot reach the hub is none, and the tunnel may still be there. */
const NO_ANSWER: readonly HumanErrorCode[] = ["HUB_UNREACHABLE", "NOT_A_HUB"];
/** A hub pongs at once; nobody waits longer for it than this who wants to go on, ms. */
const PONG_MS = 3_000;
/** That one more is served is said with the beginning of its answer, or after this, ms: alone it would hold that up. */
const TELL_SOON_MS = 20;

export interface ConnectionOptions {
  readonly hub: HubCalls;
  readonly registration: Registration;
  readonly capacity: number;
  readonly serving: Omit<ServingContext, "startEarly">;
  readonly clock: Clock;
  isPaused(): boolean;
  onDidChangeActive(): void;
  onDidServe(served: ServedRequest): void;
}

/** Why a connection is over. `final`: whoever ended it meant it, and it is not to be opened again. */
export interface ConnectionEnd {
  readonly error: HumanError;
  readonly final: boolean;
}

/** One registration and its open tunnel: heartbeats, pings and serves until one side ends it. */
export class TunnelConnection implements Disposable {
  readonly #options: ConnectionOptions;
  readonly #features: readonly string[];
  readonly #socket: TunnelSocket;
  readonly #server: RequestServer;
  readonly #timers = new DisposableStore();
  readonly #calls = new AbortController();
  /** Resolves once, unless we close it ourselves. */
  readonly ended: Promise<ConnectionEnd>;
  #end: (end: ConnectionEnd) => void = () => {};
  #onPong: () => void = () => {};
  #lastHeardAt: number;
  #missedHeartbeats = 0;
  #lastSaid: HeartbeatBody = { status: "online", active: 0 };
  #tellSoon: Disposable | undefined;
  #closed = false;
  #isClosing = false;

  /** Registers and opens the tunnel; resolves once others can use the model. @throws HumanError */
  static async open(options: ConnectionOptions, signal: AbortSignal): Promise<TunnelConnection> {
    const { hub } = options;
    const features = await hub.features(signal);
    const { tunnel } = await hub.register(options.registration, signal);
    const connection = new TunnelConnection(options, features, hub.tunnelUrl(tunnel), signal);
    try {
      await connection.#socket.opened;
      await connection.#announce(signal);
    } catch (error) {
      connection.dispose();
      throw error;
    }
    return connection;
  }

  private constructor(
    options: ConnectionOptions,
    features: readonly string[],
    tunnelUrl: string,
    signal: AbortSignal,
  ) {
    this.#options = options;
    this.#features = features;
    this.#lastHeardAt = options.clock.monotonic();
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    const isOurs = hubHas(features, "tunnel.llm-rooms.1");
    this.#socket = new TunnelSocket(
      tunnelUrl,
      { offerSubprotocol: isOurs, fingerprint: options.hub.fingerprint },
      {
        onText: (text) => this.#take(text),
        onBinary: (bytes) => this.#takeFrame(bytes),
        onClose: (code, reason) => this.#lose(code, reason),
      },
      signal,
    );
    this.#server = new RequestServer({
      ...options.serving,
      startEarly: !isOurs,
      usesCredit: isOurs && hubHas(features, "tunnel.credit"),
      tunnel: this.#answerTunnel(),
      capacity: options.capacity,
      isPaused: options.isPaused,
      onDidChangeActive: () => this.#activeChanged(),
      onDidServe: (served) => options.onDidServe(served),
    });
  }

  get active(): readonly ServedRequest[] {
    return this.#server.active;
  }

  /** Tells the hub at once where something changed and the hub listens to it. */
  sayStatus(): void {
    const said = this.#lastSaid;
    const now = this.#ownWord();
    if (this.#closed || (said.status === now.status && said.active === now.active)) return;
    this.#lastSaid = now;
    if (this.#socket.isOurs) this.#socket.send({ type: "tunnel.status", ...now }).catch(() => {});
    // Without that message a pause can only be said by a heartbeat; the hub sees for itself what it sends us.
    else if (said.status !== now.status) void this.#heartbeat();
  }

  /** Ends it from our side: requests are cancelled and the hub is told. Then `dispose` leaves nothing. */
  close(): void {
    // First: whoever waits for it would else get the places that this frees, and lose them with the tunnel.
    this.#isClosing = true;
    if (this.#socket.isOurs) this.sayStatus();
    this.#server.cancelAll();
    this.#stopWorking();
    this.#socket.close(1000, "The participant stops sharing.");
  }

  /** Drops what may be left of the connection, without waiting for the hub. */
  dispose(): void {
    this.#stopWorking();
    this.#socket.terminate();
  }

  /** Drops it without a word, as lost: what is on the other side no longer answers, or belongs to another time. */
  drop(error: HumanError): void {
    this.#finish({ error, final: false });
    this.#socket.terminate();
  }

  /** The machine may have slept, and the hub may have closed it meanwhile: it answers now, or is lost. What runs goes on. */
  prove(): void {
    if (this.#closed) return;
    this.#beat();
    const askedAt = this.#options.clock.monotonic();
    const giveUp = () => {
      if (this.#lastHeardAt < askedAt)
        this.drop(lost("The hub has not answered since this machine woke up."));
    };
    this.#timers.add(this.#options.clock.setTimeout(giveUp, PONG_MS));
  }

  /** Of what is served: that it ended is said with its end. */
  #activeChanged(): void {
    if (this.#server.active.length < (this.#lastSaid.active ?? 0)) this.#tellActive();
    else this.#tellSoon ??= this.#options.clock.setTimeout(() => this.#tellActive(), TELL_SOON_MS);
  }

  #tellActive(): void {
    this.#tellSoon?.dispose();
    this.#tellSoon = undefined;
    this.sayStatus();
    this.#options.onDidChangeActive();
  }

  #answerTunnel(): AnswerTunnel {
    const socket = this.#socket;
    return {
      get isOurs() {
        return socket.isOurs;
      },
      send: (message) => {
        if (this.#tellSoon && message.type === "tunnel.response.start") this.#tellActive();
        return socket.send(message);
      },
      sendFrame: (frame) => socket.sendFrame(frame),
    };
  }

  /** A Gambi hub shows a participant online after both a ping and a heartbeat, in this order. */
  async #announce(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = this.#timers.add(clock.setTimeout(resolve, PONG_MS));
      this.#onPong = () => {
        timer.dispose();
        resolve();
      };
      this.#ping();
    });
    await this.#options.hub.heartbeat(this.#heartbeatBody(), signal);
    this.#timers.add(setRepeating(clock, () => this.#beat(), HEALTH_CHECK_INTERVAL));
  }

  #beat(): void {
    if (this.#options.clock.monotonic() - this.#lastHeardAt > PARTICIPANT_TIMEOUT) {
      this.drop(lost("The hub has not answered on the tunnel for 30 s."));
      return;
    }
    this.#ping();
    void this.#heartbeat();
  }

  #ping(): void {
    this.#socket.send({ type: "tunnel.ping", timestamp: this.#options.clock.now() }).catch(() => {});
  }

  /** Never rejects. */
  async #heartbeat(): Promise<void> {
    const body = this.#heartbeatBody();
    try {
      await this.#options.hub.heartbeat(body, this.#calls.signal);
      this.#missedHeartbeats = 0;
      this.#correct(body);
    } catch (error) {
      if (this.#closed) return;
      this.#missedHeartbeats++;
      const isAnswer = error instanceof HumanError && !NO_ANSWER.includes(error.code);
      // What the hub says counts at once (it forgot us, or the room); what it fails to say may come next time.
      if (isAnswer) this.drop(error);
      else if (this.#missedHeartbeats >= MAX_MISSED_HEARTBEATS)
        this.drop(lost("The hub misses its heartbeats."));
    }
  }

  /** A heartbeat takes longer than the tunnel: the hub may have heard last what was true before, and hold to it. */
  #correct(heard: HeartbeatBody | undefined): void {
    if (!heard) return;
    this.#lastSaid = heard;
    this.sayStatus();
  }

  #heartbeatBody(): HeartbeatBody | undefined {
    if (!hubHas(this.#features, "heartbeat.status")) return undefined;
    return { ...this.#ownWord(), capacity: this.#options.capacity };
  }

  #ownWord(): { status: ParticipantStatus; active: number } {
    // What it still serves would explain it, and it would be free for the hub once that has ended.
    if (this.#isClosing) return { status: "busy", active: 0 };
    const active = this.#server.active.length;
    const isBusy = this.#options.isPaused() || active >= this.#options.capacity;
    return { status: isBusy ? "busy" : "online", active };
  }

  #take(text: string): void {
    this.#lastHeardAt = this.#options.clock.monotonic();
    const value = tryJson(text);
    const message = hubMessageSchema.safeParse(value);
    if (!message.success) {
      this.#takeStrange(value);
      return;
    }
    switch (message.data.type) {
      case "tunnel.pong":
        this.#onPong();
        return;
      case "tunnel.credit":
        this.#server.grant(message.data.n, message.data.bytes);
        return;
      case "tunnel.cancel":
        this.#server.cancel(message.data.requestId);
        return;
      case "tunnel.request":
        if (!this.#server.accept(message.data)) this.#refuseTunnel();
        return;
      default:
        message.data satisfies never;
    }
  }

  #takeFrame(bytes: Uint8Array): void {
    this.#lastHeardAt = this.#options.clock.monotonic();
    if (!this.#server.receive(bytes)) this.#refuseTunnel();
  }

  /** A message that no schema fits fails the request that it is about; what is about none ends the tunnel. */
  #takeStrange(value: unknown): void {
    const { type, requestId } = (value ?? {}) as { type?: unknown; requestId?: unknown };
    if (typeof requestId === "string" && requestId.length <= 200 && type === "tunnel.request") {
      const message = "The hub's request is malformed.";
      this.#socket
        .send({ type: "tunnel.response.error", requestId, stage: "refused", message })
        .catch(() => {});
      return;
    }
    // A later hub may know more types of message than we do: those are left alone.
    if (typeof type === "string" && !/^tunnel\.(request|pong|cancel|credit)$/.test(type)) return;
    this.#refuseTunnel();
  }

  #refuseTunnel(): void {
    this.#finish({ error: lost("The hub sent something that is no tunnel message."), final: false });
    this.#socket.close(tunnelClose.malformed.code, tunnelClose.malformed.reason);
  }

  #lose(code: number, reason: string): void {
    if (code === tunnelClose.superseded.code && /supersede/i.test(reason)) {
      const error = new HumanError(
        "SHARE_ENDED",
        "Another program of this machine shares this model in this room now.",
        "Stop it there, then share again.",
      );
      this.#finish({ error, final: true });
    } else if (code === tunnelClose.removed.code) {
      const error = new HumanError(
        "SHARE_ENDED",
        "The model that you share was removed from the room.",
        "Ask the room's host why, or share it again.",
      );
      this.#finish({ error, final: true });
    } else if (code === tunnelClose.roomClosed.code) {
      const error = new HumanError("ROOM_CLOSED", "The host closed the room.", "Share in another room.");
      this.#finish({ error, final: true });
    } else this.#finish({ error: lost("The connection to the hub was lost."), final: false });
  }

  #finish(end: ConnectionEnd): void {
    if (this.#closed) return;
    this.#stopWorking();
    this.#end(end);
  }

  #stopWorking(): void {
    this.#closed = true;
    this.#tellSoon?.dispose();
    this.#timers.dispose();
    this.#calls.abort();
    this.#onPong();
    this.#server.dispose();
  }
}

function lost(message: string): HumanError {
  return new HumanError("HUB_UNREACHABLE", message, "It is tried again by itself.");
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    // No JSON is no message: the caller ends the tunnel.
    return undefined;
  }
}
