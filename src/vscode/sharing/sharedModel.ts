import { DisposableStore } from "../../common/disposable";
import type { ParticipantSession, SessionState } from "../../participant/participantSession";
import type { ShareChoice } from "./shareChoice";
import type { WindowLock } from "./windowLock";

export interface SharedModelEvents {
  onDidChange(shared: SharedModel): void;
  /** A request is over, which streamed about so many tokens. */
  onDidServe(tokens: number): void;
}

/** One model that this window shares: its session, and the lock that keeps other windows from sharing it too. */
export class SharedModel {
  readonly #session: ParticipantSession;
  readonly #lock: WindowLock;
  readonly #watching = new DisposableStore();
  #stopping: Promise<void> | undefined;
  #served = 0;

  constructor(
    readonly participantId: string,
    readonly choice: ShareChoice,
    session: ParticipantSession,
    lock: WindowLock,
    { onDidChange, onDidServe }: SharedModelEvents,
  ) {
    this.#session = session;
    this.#lock = lock;
    this.#watching.add(session.onDidChangeState(() => onDidChange(this)));
    this.#watching.add(
      session.onDidServe((tokens) => {
        this.#served++;
        onDidServe(tokens);
      }),
    );
  }

  get state(): SessionState {
    return this.#session.state;
  }

  /** How many requests it serves now. */
  get serving(): number {
    return this.state.state === "sharing" ? this.state.active.length : 0;
  }

  /** How many requests it has served since it was shared. */
  get served(): number {
    return this.#served;
  }

  /** About how many tokens a request that runs has streamed so far. */
  tokensOf(requestId: string): number {
    return this.#session.tokensOf(requestId);
  }

  get isPaused(): boolean {
    return this.state.state === "sharing" && this.state.paused;
  }

  /** It is offline because its provider does not answer; the hub is there. */
  get providerIsAway(): boolean {
    return this.state.state === "reconnecting" && this.state.error.code === "PROVIDER_UNREACHABLE";
  }

  setPaused(paused: boolean): void {
    this.#session.setPaused(paused);
  }

  /** Where it lost the hub: tries now rather than at the next try. */
  reconnectNow(): void {
    if (this.state.state === "reconnecting") this.#session.reconnectNow();
  }

  /**
   * Ends what it serves and leaves the room, then lets other windows share it; idempotent. `windowEnds`: it may come
   * back after a reload, while what the user stopped stays stopped in every window.
   */
  stop({ windowEnds = false } = {}): Promise<void> {
    this.#stopping ??= this.#stop(windowEnds);
    return this.#stopping;
  }

  async #stop(windowEnds: boolean): Promise<void> {
    this.#watching.dispose();
    try {
      await this.#session.stop();
    } finally {
      // Last: a window that shares it again must not be removed by this one's leaving.
      await this.#lock.release({ ended: !windowEnds });
    }
  }
}
