import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { positionsOf } from "./queuePositions";
import type { Room } from "./room";
import { isMeant, type Target } from "./selector";
import { estimateWaitMs, roundedSeconds, type Server } from "./waitEstimate";
import type { QueuePlace, WaitingRequest } from "./waitingRequest";

/** Those who wait are told of changes this often at most, ms; … */
const TELL_INTERVAL_MS = 1_000;
/** … where more than this many wait, less often in proportion. */
const TOLD_PER_INTERVAL = 16;

/** Tells those who wait in a room, and its watchers, where each stands: at once when it comes, and when that changes. */
export class PlaceTeller {
  readonly #clock: Clock;
  readonly #room: Room;
  readonly #order: () => WaitingRequest[];
  /** What each was told last. */
  readonly #told = new WeakMap<WaitingRequest, QueuePlace>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #timer: Disposable | undefined;

  /** @param order those who wait, next ones first. */
  constructor(clock: Clock, room: Room, order: () => WaitingRequest[]) {
    this.#clock = clock;
    this.#room = room;
    this.#order = order;
  }

  tellNewcomer(request: WaitingRequest): void {
    const order = this.#order();
    const position = this.#positionsOf(order)[order.indexOf(request)];
    // The others' estimates are not made: whoever comes and leaves in quick succession would have each made anew each time.
    if (position !== undefined) this.#tell(request, placeAt(position, this.#serversOf(request.target)));
    // Its turn may come before that of others.
    this.tellSoon();
  }

  /** Something changed: now, or with what else changes in the meantime. */
  tellSoon(): void {
    const { length } = this.#order();
    if (length === 0 || this.#timer) return;
    const intervalMs = TELL_INTERVAL_MS * Math.ceil(length / TOLD_PER_INTERVAL);
    const restMs = this.#toldAt + intervalMs - this.#clock.monotonic();
    if (restMs <= 0) this.#tellAll();
    else this.#timer = this.#clock.setTimeout(() => this.#tellAll(), restMs);
  }

  /** Nobody waits. */
  rest(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }

  /** Until the next that means these will begin. */
  secondsUntilNext(target: Target): number | undefined {
    return secondsOf(estimateWaitMs(1, this.#serversOf(target)));
  }

  #tellAll(): void {
    this.#timer = undefined;
    this.#toldAt = this.#clock.monotonic();
    const order = this.#order();
    for (const [at, place] of this.#placesOf(order).entries()) this.#tell(order[at] as WaitingRequest, place);
  }

  #tell(request: WaitingRequest, place: QueuePlace): void {
    const { position, waitSeconds } = place;
    const told = this.#told.get(request);
    if (told?.position === position && told.waitSeconds === waitSeconds) return;
    this.#told.set(request, place);
    const { requestId, target } = request;
    this.#room.tell({
      type: "llm.queued",
      data: {
        requestId,
        ...(target.kind === "participant" && { participantId: target.id }),
        position,
        ...(waitSeconds !== undefined && { estimatedWaitMs: waitSeconds * 1_000 }),
      },
    });
    request.tellPlace(place);
  }

  #placesOf(order: readonly WaitingRequest[]): QueuePlace[] {
    const servers = new Map<string, Server[]>();
    return this.#positionsOf(order).map((position, at) => {
      const { target } = order[at] as WaitingRequest;
      const key = JSON.stringify(target);
      const known = servers.get(key) ?? this.#serversOf(target);
      servers.set(key, known);
      return placeAt(position, known);
    });
  }

  #positionsOf(order: readonly WaitingRequest[]): number[] {
    const targets = order.map(({ target }) => target);
    return positionsOf(targets, (id) => this.#room.find(id)?.model);
  }

  #serversOf(target: Target): Server[] {
    const now = this.#clock.monotonic();
    const able = this.#room.participants.filter((each) => isMeant(target, each) && each.status !== "offline");
    return able.map(({ capacity, pace }) => {
      return { capacity, meanMs: pace.meanMs, runningForMs: pace.runningForMs(now) };
    });
  }
}

function placeAt(position: number, servers: readonly Server[]): QueuePlace {
  return { position, waitSeconds: secondsOf(estimateWaitMs(position, servers)) };
}

function secondsOf(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : roundedSeconds(ms);
}
