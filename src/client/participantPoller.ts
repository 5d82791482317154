import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { HEALTH_CHECK_INTERVAL } from "../protocol/constants";
import type { ParticipantInfo } from "../protocol/participant";

/** Between the end of one poll and the next: many events at once are one poll, ms. */
const SPACING_MS = 250;
/** Who joined is reachable only once its tunnel is open, of which a Gambi hub tells nothing: for a while the list is read so often, ms. */
const SETTLING_MS = 1_000;
const SETTLING_POLLS = 5;
/** So many lists in a row are thrown away because an event came while they were on their way. */
const MAX_OUTDATED = 3;

export interface ParticipantPollerOptions {
  list: (signal: AbortSignal) => Promise<ParticipantInfo[]>;
  clock: Clock;
  onList: (participants: ParticipantInfo[]) => void;
  /** Polling has ended then: the hub is lost. */
  onError: (error: unknown) => void;
}

/** Reads a room's list at once, at every heartbeat, and soon after `poll()`; one call at a time, until disposed. */
export class ParticipantPoller implements Disposable {
  readonly #options: ParticipantPollerOptions;
  readonly #stop = new AbortController();
  #timer: Disposable | undefined;
  #phase: "idle" | "asking" | "resting" = "idle";
  #wanted = false;
  #settling = 0;
  #outdated = 0;

  constructor(options: ParticipantPollerOptions) {
    this.#options = options;
    void this.#ask();
  }

  /** Something happened that the list will show; `settles` where it will show more a little later, too. */
  poll({ settles = false }: { settles?: boolean } = {}): void {
    if (settles) this.#settling = SETTLING_POLLS;
    if (this.#phase === "idle") void this.#ask();
    else this.#wanted = true;
  }

  dispose(): void {
    this.#stop.abort();
    this.#timer?.dispose();
  }

  /** Never rejects. */
  async #ask(): Promise<void> {
    const { signal } = this.#stop;
    if (signal.aborted) return;
    this.#timer?.dispose();
    this.#phase = "asking";
    this.#wanted = false;
    try {
      const participants = await this.#options.list(signal);
      if (signal.aborted) return;
      this.#rest();
      this.#deliver(participants);
    } catch (error) {
      if (!signal.aborted) this.#options.onError(error);
    }
  }

  /** A list that was on its way while an event came may be older than the event. */
  #deliver(participants: ParticipantInfo[]): void {
    if (this.#wanted && this.#outdated < MAX_OUTDATED) {
      this.#outdated++;
      return;
    }
    this.#outdated = 0;
    this.#options.onList(participants);
  }

  #rest(): void {
    this.#phase = "resting";
    this.#timer = this.#options.clock.setTimeout(() => {
      if (this.#wanted) return void this.#ask();
      this.#phase = "idle";
      const periodMs = this.#settling > 0 ? SETTLING_MS : HEALTH_CHECK_INTERVAL;
      if (this.#settling > 0) this.#settling--;
      this.#timer = this.#options.clock.setTimeout(() => void this.#ask(), periodMs - SPACING_MS);
    }, SPACING_MS);
  }
}
