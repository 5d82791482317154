import type { Clock } from "../common/clock";
import { Dispatcher } from "./dispatcher";
import type { HubLimits } from "./limits";
import type { Room } from "./room";

/** The dispatchers of one hub: a room gets its own with the first request. */
export class Dispatchers {
  readonly #clock: Clock;
  readonly #limits: HubLimits;
  readonly #byRoom = new WeakMap<Room, Dispatcher>();

  constructor(clock: Clock, limits: HubLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** How many requests wait in it. */
  waitingIn(room: Room): number {
    return this.#byRoom.get(room)?.size ?? 0;
  }

  of(room: Room): Dispatcher {
    const known = this.#byRoom.get(room);
    if (known) return known;
    const dispatcher = new Dispatcher({ clock: this.#clock, limits: this.#limits, room });
    this.#byRoom.set(room, dispatcher);
    return dispatcher;
  }
}
