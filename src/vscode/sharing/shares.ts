import { Emitter, type Event } from "../../common/event";
import type { HumanError } from "../../common/humanError";
import type { ParticipantSession, ParticipantSessionOptions } from "../../participant/participantSession";
import type { ShareChoice } from "./shareChoice";
import { SharedModel } from "./sharedModel";
import { takeWindowLock } from "./windowLock";

/** Closing a window must not wait longer for a hub that does not answer, ms. */
const STOP_TIMEOUT_MS = 3_000;

export interface SharesOptions {
  openSession(options: ParticipantSessionOptions): Promise<ParticipantSession>;
  /** A share ended that nobody stopped: its hub, room or provider would not have it any longer. */
  onDidFail(choice: ShareChoice, error: HumanError): void;
}

/** The models that this window shares; several at once. */
export class Shares {
  readonly #options: SharesOptions;
  readonly #shared = new Map<string, SharedModel>();
  /** Being started: taken already, not yet shown. */
  readonly #starting = new Map<string, AbortController>();
  readonly #changed = new Emitter<void>();
  /** Fires when a share starts, changes its state or ends. */
  readonly onDidChange: Event<void> = this.#changed.event;
  readonly #served = new Emitter<number>();
  /** Fires at the end of each request, with about how many tokens it streamed. */
  readonly onDidServe: Event<number> = this.#served.event;
  #paused = false;

  constructor(options: SharesOptions) {
    this.#options = options;
  }

  get all(): readonly SharedModel[] {
    return [...this.#shared.values()];
  }

  get serving(): number {
    return this.all.reduce((sum, shared) => sum + shared.serving, 0);
  }

  get isPaused(): boolean {
    return this.#paused && this.#shared.size > 0;
  }

  get(participantId: string): SharedModel | undefined {
    return this.#shared.get(participantId);
  }

  /**
   * Shares a model; resolves when others can use it. "elsewhere": another window of this user shares it.
   * @throws HumanError, and nothing is shared then
   */
  async start(choice: ShareChoice, session: ParticipantSessionOptions): Promise<"shared" | "elsewhere"> {
    const { participantId } = session;
    if (this.#shared.has(participantId) || this.#starting.has(participantId)) return "shared";
    const starting = new AbortController();
    this.#starting.set(participantId, starting);
    try {
      const lock = await takeWindowLock({
        name: participantId,
        onDidAsk: () => void this.stop(participantId).catch(() => {}), // The window that asks sees that it is still held.
      });
      if (!lock) return "elsewhere";
      const made = await this.#options.openSession(session);
      const shared = new SharedModel(participantId, choice, made, lock, {
        onDidChange: (each) => this.#onDidChange(each),
        onDidServe: (tokens) => this.#served.fire(tokens),
      });
      await this.#startOrStop(shared, made, starting.signal);
      return "shared";
    } finally {
      this.#starting.delete(participantId);
    }
  }

  setPaused(paused: boolean): void {
    this.#paused = paused;
    for (const shared of this.all) shared.setPaused(paused);
    this.#changed.fire();
  }

  reconnectNow(): void {
    for (const shared of this.all) shared.reconnectNow();
  }

  /** Gives a start up too that is under way. `windowEnds`: not what the user asked for, see SharedModel. */
  async stop(participantId: string, options?: { windowEnds: boolean }): Promise<void> {
    this.#starting.get(participantId)?.abort();
    const shared = this.#shared.get(participantId);
    if (!shared) return;
    this.#shared.delete(participantId);
    // A model that is shared later was not meant by the pause.
    if (this.#shared.size === 0) this.#paused = false;
    this.#changed.fire();
    await shared.stop(options);
  }

  /** Bounded: resolves in time for a window that closes. */
  async stopAll(options?: { windowEnds: boolean }): Promise<void> {
    const ids = [...this.#starting.keys(), ...this.#shared.keys()];
    const stopping = Promise.allSettled(ids.map((id) => this.stop(id, options)));
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TIMEOUT_MS);
    });
    await Promise.race([stopping, late]);
    clearTimeout(timer);
  }

  async #startOrStop(shared: SharedModel, session: ParticipantSession, signal: AbortSignal): Promise<void> {
    try {
      await session.start(signal);
      signal.throwIfAborted();
    } catch (error) {
      await shared.stop();
      throw error;
    }
    this.#shared.set(shared.participantId, shared);
    if (this.#paused) shared.setPaused(true);
    this.#changed.fire();
  }

  #onDidChange(shared: SharedModel): void {
    if (!this.#shared.has(shared.participantId)) return;
    const { state } = shared;
    if (state.state === "stopped") {
      void this.stop(shared.participantId).catch(() => {}); // It has stopped by itself: there is nothing left to fail.
      if (state.error) this.#options.onDidFail(shared.choice, state.error);
      return;
    }
    this.#changed.fire();
  }
}
