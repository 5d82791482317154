import type { Disposable } from "../../common/disposable";
import type { ParticipantSession, SessionState } from "../../participant/participantSession";
import type { ShareChoice } from "./shareChoice";
import type { WindowLock } from "./windowLock";

/** One model that this window shares: its session, and the lock that keeps other windows from sharing it too. */
export class SharedModel {
  readonly #session: ParticipantSession;
  readonly #lock: WindowLock;
  readonly #watching: Disposable;
  #stopping: Promise<void> | undefined;
  #active = new Set<string>();
  #served = 0;

  constructor(
    readonly participantId: string,
    readonly choice: ShareChoice,
    session: ParticipantSession,
    lock: WindowLock,
    onDidChange: (shared: SharedModel) => void,
  ) {
    this.#session = session;
    this.#lock = lock;
    this.#watching = session.onDidChangeState((state) => {
      this.#count(state);
      onDidChange(this);
    });
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

  get isPaused(): boolean {
    return this.state.state === "sharing" && this.state.paused;
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

  #count(state: SessionState): void {
    const active = new Set(state.state === "sharing" ? state.active.map((each) => each.requestId) : []);
    this.#served += [...this.#active].filter((id) => !active.has(id)).length;
    this.#active = active;
  }
}
