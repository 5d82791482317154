import { Backoff } from "../common/backoff";
import { type Clock, setRepeating, systemClock, wait } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { Emitter, type Event } from "../common/event";
import { HumanError } from "../common/humanError";
import { makeHubDispatcher } from "../net/hubDispatcher";
import { RECONNECT_MAX_MS, REFUSED_RETRY_MS } from "../protocol/constants";
import type { RoomEvent } from "../protocol/events";
import { hubHas } from "../protocol/hubFeatures";
import type { ParticipantInfo } from "../protocol/participant";
import type { RoomSummary } from "../protocol/room";
import { followEvents } from "./followEvents";
import { HubClient } from "./hubClient";
import type { HubTransport } from "./hubTransport";
import { normaliseHubUrl } from "./hubUrl";
import { hostOf, networkError } from "./networkError";
import { ParticipantPoller } from "./participantPoller";
import { emptyRoom, type RoomChange, type RoomState, reduceRoom } from "./roomState";

/** A connection that lasted this long was a good one: the next is made at once, and shows no loss, ms. */
const STABLE_MS = 5_000;
/** The wall clock is looked at this often; a gap of so much more is the machine's sleep, ms. */
const WAKE_CHECK_MS = 5_000;
const SLEEP_GAP_MS = 10_000;
/** A hub's clock that differs by more is not believed, ms. */
const MAX_SKEW_MS = 24 * 60 * 60 * 1_000;

export interface RoomFeedOptions {
  hubUrl: string;
  /** As the hub returned it. */
  room: RoomSummary;
  /** Of the hub's certificate, from its invite; see HubClientOptions. */
  fingerprint?: string | undefined;
  /** The room's member or host token, where it is protected; a secret. */
  token?: string | undefined;
  clock?: Clock | undefined;
  /** What the hub listed in its health, where the caller knows; else the feed asks. */
  features?: readonly string[] | undefined;
  /** In [0, 1), for the backoff's jitter. */
  random?: (() => number) | undefined;
}

class RoomClosed extends HumanError {
  constructor() {
    super("ROOM_CLOSED", "The host closed this room.", "Leave it, then join or host another one.");
  }
}

/**
 * Follows one room's events from construction on and keeps its state, reconnecting by itself until disposed, or until
 * the host closed the room: then its phase stays lost, with ROOM_CLOSED.
 */
export class RoomFeed implements Disposable {
  readonly options: RoomFeedOptions;
  readonly #changed = new Emitter<RoomState>();
  /** Fires on a change only, never on a tick. */
  readonly onDidChangeState: Event<RoomState> = this.#changed.event;
  readonly #clock: Clock;
  readonly #transport: HubTransport;
  readonly #client: HubClient;
  readonly #backoff: Backoff;
  readonly #wakeCheck: Disposable;
  #state: RoomState;
  #features: readonly string[] | undefined;
  /** After a loss it may be another hub, or another version of it. */
  #hubMayHaveChanged = false;
  /** Of the last event that the state holds; undefined where there is none, or the hub does not go on from one. */
  #lastEventId: string | undefined;
  /** Ends the present connection, or the wait for the next. */
  #attempt = new AbortController();
  readonly #reconnecting = new Error("The feed connects again.");
  #poller: ParticipantPoller | undefined;
  #liveSince: number | undefined;
  #lastWakeCheck: number;
  /** The hub's time minus ours, by its last event. */
  #skewMs = 0;
  #disposed = false;
  /** The host ended the room: its code and tokens mean nothing any more. */
  #closed = false;

  /** @throws HumanError INVALID_INPUT where the hub's URL is none. */
  constructor(options: RoomFeedOptions) {
    this.options = options;
    this.#clock = options.clock ?? systemClock;
    const hubUrl = normaliseHubUrl(options.hubUrl);
    const { fingerprint, token } = options;
    this.#transport = { hubUrl, clock: this.#clock, token, dispatcher: makeHubDispatcher(fingerprint) };
    this.#client = new HubClient(hubUrl, this.#transport);
    const random = options.random && { random: options.random };
    this.#backoff = new Backoff({ maxMs: RECONNECT_MAX_MS, ...random });
    this.#features = options.features;
    this.#state = emptyRoom(options.room);
    this.#lastWakeCheck = this.#clock.now();
    this.#wakeCheck = setRepeating(this.#clock, () => this.#checkForSleep(), WAKE_CHECK_MS);
    // Never rejects: every failure of a connection is a phase.
    void this.#run();
  }

  get state(): RoomState {
    return this.#state;
  }

  /** What the hub listed in its health; undefined until it was asked, empty on a plain Gambi hub. */
  get features(): readonly string[] | undefined {
    return this.#features;
  }

  /** Connects now rather than at the next try: after sleep, a network change, or a click on "Retry". */
  reconnectNow(): void {
    if (this.#disposed || this.#closed) return;
    this.#backoff.reset();
    if (this.#state.phase.state === "lost")
      this.#apply({ type: "feed.phase", phase: { state: "connecting" } });
    this.#attempt.abort(this.#reconnecting);
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#attempt.abort(this.#reconnecting);
    this.#poller?.dispose();
    this.#wakeCheck.dispose();
    this.#changed.dispose();
    this.#transport.dispatcher.destroy().catch(() => {}); // Its sockets are closed either way.
  }

  async #run(): Promise<void> {
    while (!this.#disposed && !this.#closed) {
      this.#attempt = new AbortController();
      const { signal } = this.#attempt;
      const error = await this.#follow(signal).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      this.#poller?.dispose();
      this.#poller = undefined;
      if (error instanceof RoomClosed) this.#end(error);
      else if (!this.#disposed && error !== this.#reconnecting) await this.#pause(error, signal);
    }
  }

  /** One connection; resolves when the hub ends it. */
  async #follow(signal: AbortSignal): Promise<void> {
    this.#liveSince = undefined;
    if (this.#features === undefined || this.#hubMayHaveChanged) {
      this.#features = (await this.#client.health(signal)).hub?.features ?? [];
      this.#hubMayHaveChanged = false;
    }
    // An id that another kind of hub would take for something else is not told to it.
    if (!hubHas(this.#features, "events.resume")) this.#lastEventId = undefined;
    const lastEventId = this.#lastEventId;
    const options = {
      roomCode: this.options.room.code,
      lastEventId,
      onEvent: (event: RoomEvent) => this.#take(event, lastEventId !== undefined, signal),
      onId: (id: string) => {
        if (!signal.aborted) this.#lastEventId = id;
      },
    };
    await followEvents(this.#transport, options, signal);
  }

  /** @param cameBack whether the hub was told which event was the last before */
  #take(event: RoomEvent, cameBack: boolean, signal: AbortSignal): void {
    if (signal.aborted) return;
    const skewMs = event.timestamp - this.#clock.now();
    if (Math.abs(skewMs) < MAX_SKEW_MS) this.#skewMs = skewMs;
    if (event.type === "room.closed") {
      this.#attempt.abort(new RoomClosed());
      return;
    }
    const change = { ...event, timestamp: this.#hubTime() };
    if (event.type !== "connected") {
      this.#apply(change);
      if (event.type !== "room.created") this.#poller?.poll({ settles: event.type === "participant.joined" });
    } else if (this.#hubTellsAll() && (event.data.participants || (event.data.resumed && cameBack))) {
      this.#applyLive(change);
    } else {
      this.#poller ??= this.#makePoller();
    }
  }

  /** Else a status can change without an event, and the list has to be read. */
  #hubTellsAll(): boolean {
    return hubHas(this.#features, "events.snapshot", "events.updated");
  }

  #makePoller(): ParticipantPoller {
    return new ParticipantPoller({
      clock: this.#clock,
      list: (signal) => this.#client.listParticipants(this.options.room.code, signal),
      onList: (participants: ParticipantInfo[]) =>
        this.#applyLive({ type: "feed.polled", timestamp: this.#hubTime(), participants }),
      // Events that still come would not make the state true again.
      onError: (error) => this.#attempt.abort(error),
    });
  }

  #applyLive(change: RoomChange): void {
    this.#liveSince ??= this.#clock.monotonic();
    this.#apply(change, { type: "feed.phase", phase: { state: "live" } });
  }

  #apply(...changes: RoomChange[]): void {
    const next = changes.reduce(reduceRoom, this.#state);
    if (next === this.#state) return;
    this.#state = next;
    this.#changed.fire(next);
  }

  /** A good connection that ends is made again at once, silently: a Gambi hub cuts idle ones. Any other end is a loss. */
  async #pause(reason: unknown, signal: AbortSignal): Promise<void> {
    const lasted = this.#liveSince === undefined ? 0 : this.#clock.monotonic() - this.#liveSince;
    if (lasted >= STABLE_MS) {
      this.#backoff.reset();
      return;
    }
    this.#hubMayHaveChanged = true;
    const error = reason === undefined ? this.#endedTooSoon() : networkError(reason, this.#transport.hubUrl);
    const refused = /^(ROOM_NOT_FOUND|UNAUTHORIZED)$/.test(error.code);
    const delayMs = refused ? REFUSED_RETRY_MS : this.#backoff.nextMs();
    this.#apply({
      type: "feed.phase",
      phase: { state: "lost", error, retryAt: this.#clock.now() + delayMs },
    });
    await wait(this.#clock, delayMs, signal);
  }

  #end(error: RoomClosed): void {
    this.#closed = true;
    const phase = { state: "lost", error, retryAt: Number.POSITIVE_INFINITY } as const;
    this.#apply({ type: "feed.phase", phase });
  }

  #endedTooSoon(): HumanError {
    const message = `${hostOf(this.#transport.hubUrl)} ended the connection.`;
    return new HumanError("HUB_UNREACHABLE", message, "It is tried again by itself.");
  }

  #checkForSleep(): void {
    const now = this.#clock.now();
    const slept = now - this.#lastWakeCheck > WAKE_CHECK_MS + SLEEP_GAP_MS;
    this.#lastWakeCheck = now;
    if (slept) this.reconnectNow();
  }

  #hubTime(): number {
    return this.#clock.now() + this.#skewMs;
  }
}
