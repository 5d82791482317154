import { Backoff } from "../common/backoff";
import { type Clock, systemClock, wait } from "../common/clock";
import { type Disposable, DisposableStore } from "../common/disposable";
import { Emitter, type Event } from "../common/event";
import { HumanError, type HumanErrorCode } from "../common/humanError";
import { RECONNECT_MAX_MS, REFUSED_RETRY_MS } from "../protocol/constants";
import type { MachineSpecs, RuntimeConfig } from "../protocol/participant";
import { isOpenAi, normaliseEndpoint } from "./endpoint";
import { HubCalls } from "./hubCalls";
import { makeRegistration } from "./makeRegistration";
import type { TokenOptions } from "./ownership";
import { probeProvider } from "./provider";
import { ProviderCalls, type ProviderDeadlines } from "./providerCalls";
import { reachProvider, watchProvider } from "./providerWatch";
import { RunningResponses } from "./runningResponses";
import type { ServedRequest } from "./servedRequest";
import { watchForSleep } from "./sleepWatch";
import { type ConnectionEnd, TunnelConnection } from "./tunnelConnection";
import { CardTakenError } from "./tunnelSocket";

export interface ParticipantSessionOptions extends TokenOptions {
  hubUrl: string;
  /** Of the hub's certificate, from its invite: any other is refused, on the tunnel too. */
  fingerprint?: string | undefined;
  roomCode: string;
  /** Stable for this machine, room and model, so that a restart finds its own card again. */
  participantId: string;
  nickname: string;
  password?: string | undefined;
  /** Base URL of the OpenAI-compatible provider, with or without `/v1`. */
  endpoint: string;
  /** The provider's key; never leaves this machine. */
  apiKey?: string | undefined;
  /** As the provider names it. */
  model: string;
  specs?: MachineSpecs | undefined;
  config?: RuntimeConfig | undefined;
  /** How many requests at once. Default 1. */
  capacity?: number | undefined;
  /** A request's max_tokens is capped to this, where given. */
  maxTokens?: number | undefined;
  /** How long the provider may be silent. Default 5 min before its first byte, 2 min within an answer. */
  deadlines?: Partial<ProviderDeadlines> | undefined;
  clock?: Clock | undefined;
}

/** One request being served; nothing of its content. */
export interface ActiveRequest {
  readonly requestId: string;
  readonly startedAt: number;
  /** Who asks, as the request says (`user`): nobody has checked it. Undefined where it says nothing. */
  readonly asker: string | undefined;
}

export type SessionState =
  | { readonly state: "starting" }
  | {
      readonly state: "sharing";
      readonly since: number;
      readonly active: readonly ActiveRequest[];
      readonly paused: boolean;
    }
  | { readonly state: "reconnecting"; readonly error: HumanError; readonly retryAt: number }
  | { readonly state: "stopped"; readonly error?: HumanError };

/** The hub is there, and what it lacks does not come back by asking often. */
const NO_PLACE: ReadonlySet<HumanErrorCode> = new Set([
  "ROOM_NOT_FOUND",
  "WRONG_PASSWORD",
  "UNAUTHORIZED",
  "WRONG_CERTIFICATE",
  "HUB_REFUSED",
]);
/** A connection that held this long was a good one: the next loss is waited for shortly again, ms. */
const STABLE_MS = 30_000;
/** Closing VS Code gives an extension few seconds; a hub that does not answer will notice by itself, ms. */
const LEAVE_TIMEOUT_MS = 3_000;

/** Shares one model in one room for as long as it lives. */
export class ParticipantSession {
  readonly #changed = new Emitter<SessionState>();
  /** Fires on every change of `state`, the number of active requests included. */
  readonly onDidChangeState: Event<SessionState> = this.#changed.event;

  readonly #served = new Emitter<number>();
  /** Fires at the end of each request, however it ended, with about how many tokens it streamed. */
  readonly onDidServe: Event<number> = this.#served.event;

  readonly #clock: Clock;
  readonly #backoff = new Backoff();
  readonly #lifetime = new AbortController();
  #state: SessionState = { state: "starting" };
  #connection: TunnelConnection | undefined;
  #retry: AbortController | undefined;
  readonly #watches = new DisposableStore();
  #provider: ProviderCalls | undefined;
  #hub: HubCalls | undefined;
  #registered = false;
  #paused = false;
  #started = false;
  #stopping: Promise<void> | undefined;

  constructor(readonly options: ParticipantSessionOptions) {
    this.#clock = options.clock ?? systemClock;
  }

  get state(): SessionState {
    return this.#state;
  }

  /**
   * Probes the provider, registers, opens the tunnel; resolves once others can use the model. Afterwards it heartbeats
   * and reconnects by itself until `stop()`.
   * @throws HumanError where provider, hub, room, password or model is not what was asked for.
   */
  async start(signal?: AbortSignal): Promise<void> {
    if (this.#started) throw new TypeError("A session is started once.");
    this.#started = true;
    const stop = () => this.#lifetime.abort();
    signal?.addEventListener("abort", stop, { once: true });
    if (signal?.aborted) stop();
    try {
      const open = await this.#prepare();
      const connection = await open();
      this.#adopt(connection);
      this.#watches.add(watchForSleep(this.#clock, () => this.#wake()));
      this.#watches.add(this.#watchProvider());
      // `#keepSharing` ends every failure in a state of its own.
      void this.#keepSharing(connection, open);
    } catch (error) {
      // Leaving would take the card from whoever holds it now.
      if (error instanceof CardTakenError) this.#registered = false;
      const human = this.#lifetime.signal.aborted ? cancelled() : error;
      await this.#end(human instanceof HumanError ? human : undefined);
      throw human;
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /** Of a request that is active: about how many tokens it has streamed so far. */
  tokensOf(requestId: string): number {
    return this.#connection?.active.find((served) => served.requestId === requestId)?.events.total ?? 0;
  }

  /** Refuses new requests (and says busy to a hub that listens) until resumed. What runs goes on. */
  setPaused(paused: boolean): void {
    if (this.#paused === paused) return;
    this.#paused = paused;
    this.#connection?.sayStatus();
    if (this.#state.state === "sharing") this.#setState({ ...this.#state, paused });
  }

  /** Where it lost the hub, connects now rather than at the next try: after a network change, or a click on "Retry". */
  reconnectNow(): void {
    this.#retry?.abort();
    this.#connection?.drop(
      new HumanError("HUB_UNREACHABLE", "The connection is renewed.", "It takes a moment."),
    );
  }

  /** Somebody may only have set the clock: nothing is given up that still works. */
  #wake(): void {
    this.#retry?.abort();
    this.#connection?.prove();
  }

  /** Aborts what it serves, leaves the room, closes everything; idempotent. */
  stop(): Promise<void> {
    return this.#end(undefined);
  }

  /** Everything that must be right before the hub hears of us. @returns what opens a connection, at first and again. */
  async #prepare(): Promise<() => Promise<TunnelConnection>> {
    const { options } = this;
    const { signal } = this.#lifetime;
    const hub = new HubCalls(options);
    const info = await probeProvider({ endpoint: options.endpoint, apiKey: options.apiKey, signal });
    const registration = makeRegistration(options, info);
    signal.throwIfAborted();
    const provider = new ProviderCalls(info.endpoint, options.apiKey, options.deadlines);
    this.#hub = hub;
    this.#provider = provider;
    const connectionOptions = {
      hub,
      registration,
      capacity: options.capacity ?? 1,
      clock: this.#clock,
      serving: {
        provider,
        limits: {
          model: options.model,
          maxTokens: options.maxTokens,
          isOpenAi: isOpenAi(info.endpoint),
        },
        nativeResponses: info.capabilities.openResponses === "supported",
        running: new RunningResponses(),
        clock: this.#clock,
      },
      isPaused: () => this.#paused,
      onDidChangeActive: () => this.#showActiveSoon(),
      onDidServe: ({ events }: ServedRequest) => this.#served.fire(events.total),
    };
    return async () => {
      await reachProvider(info.endpoint);
      signal.throwIfAborted();
      // From here on the hub may know us, whether or not its answer arrives.
      this.#registered = true;
      return TunnelConnection.open(connectionOptions, signal);
    };
  }

  /** Nobody is offered what cannot be used: without its provider a participant is offline until that is back. */
  #watchProvider(): Disposable {
    const isIdle = () => this.#connection?.active.length === 0;
    const onGone = (error: HumanError) => this.#connection?.drop(error);
    return watchProvider(normaliseEndpoint(this.options.endpoint), this.#clock, { isIdle, onGone });
  }

  async #keepSharing(first: TunnelConnection, open: () => Promise<TunnelConnection>): Promise<void> {
    let connection: TunnelConnection | undefined = first;
    while (connection) {
      const since = this.#clock.monotonic();
      const end: ConnectionEnd = await connection.ended;
      this.#connection = undefined;
      if (this.#lifetime.signal.aborted) return;
      if (end.final) {
        // Whoever ended it holds the card now, or has removed it: nothing is left to leave.
        this.#registered = false;
        await this.#end(end.error);
        return;
      }
      if (this.#clock.monotonic() - since >= STABLE_MS) this.#backoff.reset();
      connection = await this.#reconnect(end.error, open);
    }
  }

  /** @returns undefined where the session was stopped meanwhile. */
  async #reconnect(
    lastError: HumanError,
    open: () => Promise<TunnelConnection>,
  ): Promise<TunnelConnection | undefined> {
    let error = lastError;
    for (;;) {
      await this.#waitToRetry(error);
      if (this.#lifetime.signal.aborted) return undefined;
      try {
        const connection = await open();
        if (this.#lifetime.signal.aborted) {
          connection.dispose();
          return undefined;
        }
        this.#adopt(connection);
        return connection;
      } catch (failure) {
        if (this.#lifetime.signal.aborted) return undefined;
        error =
          failure instanceof HumanError
            ? failure
            : new HumanError("HUB_UNREACHABLE", "Sharing failed.", "See the log.", { cause: failure });
      }
    }
  }

  async #waitToRetry(error: HumanError): Promise<void> {
    const retry = new AbortController();
    this.#retry = retry;
    const waitMs = this.#backoff.nextMs(NO_PLACE.has(error.code) ? REFUSED_RETRY_MS : RECONNECT_MAX_MS);
    this.#setState({ state: "reconnecting", error, retryAt: this.#clock.now() + waitMs });
    await wait(this.#clock, waitMs, AbortSignal.any([retry.signal, this.#lifetime.signal]));
    this.#retry = undefined;
  }

  #adopt(connection: TunnelConnection): void {
    this.#connection = connection;
    const active = connection.active.map(activeRequest);
    this.#setState({ state: "sharing", since: this.#clock.now(), active, paused: this.#paused });
    connection.sayStatus();
  }

  /** Whoever shows it does not hold up the request itself, and sees the shortest request too. */
  #showActiveSoon(): void {
    const connection = this.#connection;
    if (!connection) return;
    const active = connection.active.map(activeRequest);
    setImmediate(() => {
      if (this.#connection === connection) this.#showActive(active);
    });
  }

  #showActive(active: readonly ActiveRequest[]): void {
    const last = this.#state;
    if (last.state !== "sharing") return;
    const isSame =
      last.active.length === active.length &&
      last.active.every(
        ({ requestId, asker }, index) =>
          requestId === active[index]?.requestId && asker === active[index].asker,
      );
    if (!isSame) this.#setState({ ...last, active });
  }

  #setState(state: SessionState): void {
    if (this.#state.state === "stopped") return;
    this.#state = state;
    this.#changed.fire(state);
  }

  #end(error: HumanError | undefined): Promise<void> {
    this.#stopping ??= this.#close(error);
    return this.#stopping;
  }

  async #close(error: HumanError | undefined): Promise<void> {
    this.#lifetime.abort();
    this.#watches.dispose();
    const connection = this.#connection;
    this.#connection = undefined;
    this.#setState(error ? { state: "stopped", error } : { state: "stopped" });
    connection?.close();
    // A hub that cannot be told finds out by the missing heartbeats.
    if (this.#registered) await this.#hub?.leave(LEAVE_TIMEOUT_MS).catch(() => {});
    connection?.dispose();
    await this.#provider?.close();
    this.#changed.dispose();
    this.#served.dispose();
  }
}

function activeRequest({ requestId, startedAt, asker }: ActiveRequest): ActiveRequest {
  return { requestId, startedAt, asker };
}

function cancelled(): HumanError {
  return new HumanError("INVALID_INPUT", "Sharing was cancelled.", "Share again when you like.");
}
