import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import { HEALTH_CHECK_INTERVAL } from "../protocol/constants";
import { Deadline } from "./deadline";
import type { HubLimits } from "./limits";
import type { ParticipantRecord } from "./participantRecord";
import { PlaceTeller } from "./placeTeller";
import type { Refusal } from "./refusal";
import { type Queueable, RequestQueue } from "./requestQueue";
import type { Room } from "./room";
import {
  closedWhileWaiting,
  modelNotFound,
  notConnected,
  participantBusy,
  queueFull,
  queueTimeout,
} from "./servingRefusals";
import type { WaitingRequest } from "./waitingRequest";

interface Entry extends Queueable {
  readonly request: WaitingRequest;
  readonly deadline: Deadline;
}

/**
 * A participant that lives is back within a heartbeat: so long those who wait for it keep their places when its tunnel
 * breaks, ms.
 */
const RETURN_GRACE_MS = HEALTH_CHECK_INTERVAL;

export interface DispatcherOptions {
  clock: Clock;
  limits: HubLimits;
  room: Room;
}

/**
 * Brings the requests of one room that wait and the participants that come free together. It acts on changes only: while
 * nothing changes, no participant that is free could serve anything that waits.
 */
export class Dispatcher {
  readonly #options: DispatcherOptions;
  readonly #queue: RequestQueue<Entry>;
  readonly #entries = new Map<WaitingRequest, Entry>();
  readonly #teller: PlaceTeller;
  /** Came free, and were not looked at yet. */
  readonly #free = new Set<ParticipantRecord>();
  #isServing = false;
  #looksSoon = false;
  #arrivals = 0;
  #graceTimer: Disposable | undefined;

  constructor(options: DispatcherOptions) {
    const { clock, limits, room } = options;
    this.#options = options;
    this.#queue = new RequestQueue(limits.maxQueue);
    this.#teller = new PlaceTeller(clock, room, () => this.#queue.order().map(({ request }) => request));
    room.onDidFree((record) => this.#serve(record));
    room.onDidLose((record) => this.#lost(record));
    room.onWillClose((why) => this.#close(closedWhileWaiting(why)));
  }

  /** Told to each request when it comes, whether or not it will wait: it keeps its place where it has to wait once more. */
  nextArrival(): number {
    return ++this.#arrivals;
  }

  /** How many wait. */
  get size(): number {
    return this.#queue.size;
  }

  /** Nothing is begun any more. */
  get isClosed(): boolean {
    return this.#options.room.endsBy !== undefined;
  }

  /** @throws Refusal */
  refuseWhereClosed(): void {
    const { endsBy } = this.#options.room;
    if (endsBy) throw closedWhileWaiting(endsBy);
  }

  /** Whether `putBack` would take it. */
  hasPlaceFor(request: WaitingRequest): boolean {
    return !this.isClosed && this.#queue.places + this.#placesFor(request) <= this.#options.limits.maxQueue;
  }

  /** @throws Refusal where there is no place for it. */
  add(request: WaitingRequest): void {
    if (this.#options.limits.maxQueue === 0) throw participantBusy();
    const entry = this.#enter(request);
    const { added, pushedOut } = this.#queue.add(entry);
    if (!added) {
      this.#forget(entry);
      throw queueFull(this.#teller.secondsUntilNext(request.target));
    }
    for (const each of pushedOut)
      this.#refuse(each, queueFull(this.#teller.secondsUntilNext(each.request.target)));
    this.#teller.tellNewcomer(request);
  }

  /** Takes one back that had begun already, where it stood. @returns false where it is full. */
  putBack(request: WaitingRequest): boolean {
    if (this.isClosed) return false;
    const entry = this.#enter(request);
    if (!this.#queue.putBack(entry)) {
      this.#forget(entry);
      return false;
    }
    this.#teller.tellNewcomer(request);
    return true;
  }

  /** Its requester does not want it any more. */
  remove(request: WaitingRequest): void {
    const entry = this.#entries.get(request);
    if (!entry) return;
    this.#queue.remove(entry);
    this.#forget(entry);
    this.#teller.tellSoon();
  }

  #enter(request: WaitingRequest): Entry {
    const { clock, limits } = this.#options;
    const { requester, arrival } = request;
    const places = this.#placesFor(request);
    const deadline = new Deadline(clock, limits.queueTimeoutMs, () => {
      this.remove(request);
      request.refuse(queueTimeout(this.#teller.secondsUntilNext(request.target)));
    });
    const entry = { request, requester, arrival, places, deadline };
    this.#entries.set(request, entry);
    return entry;
  }

  #placesFor({ bodyBytes }: WaitingRequest): number {
    const { maxQueue, queuePlaceBytes } = this.#options.limits;
    return Math.max(1, Math.min(maxQueue, Math.ceil(bodyBytes / queuePlaceBytes)));
  }

  #forget(entry: Entry): void {
    entry.deadline.dispose();
    this.#entries.delete(entry.request);
    if (this.#entries.size > 0) return;
    this.#teller.rest();
    this.#graceTimer?.dispose();
    this.#graceTimer = undefined;
  }

  /** It has left the queue already. */
  #refuse(entry: Entry, refusal: Refusal): void {
    this.#forget(entry);
    entry.request.refuse(refusal);
  }

  #serve(record: ParticipantRecord): void {
    if (this.#queue.size === 0) return;
    this.#free.add(record);
    // What is begun here may fail at once, which frees its participant again: that is looked at in the same loop.
    if (this.#isServing) return;
    this.#isServing = true;
    try {
      for (const each of this.#free) {
        this.#free.delete(each);
        this.#serveAll(each);
      }
    } finally {
      this.#isServing = false;
    }
    this.#teller.tellSoon();
  }

  #serveAll(record: ParticipantRecord): void {
    while (record.status === "online") {
      const entry = this.#queue.take(({ request }) => request.wants(record));
      if (!entry) return;
      this.#forget(entry);
      entry.request.begin(record);
    }
  }

  /** Looked at once for all that are lost together: a network that breaks loses thousands. */
  #lost({ status }: ParticipantRecord): void {
    if (status === "offline") this.#lookAgain();
    if (this.#looksSoon || this.#queue.size === 0) return;
    this.#looksSoon = true;
    setImmediate(() => {
      this.#looksSoon = false;
      this.#refuseHopeless();
      this.#serveLeftOver();
    });
  }

  /** Whoever failed of late was passed over for those that are gone now, or have failed: nothing else tells that it is free. */
  #serveLeftOver(): void {
    for (const each of this.#options.room.participants)
      if (each.isFailing && each.status === "online") this.#serve(each);
  }

  /** Once for all that turn offline meanwhile: a network that breaks loses hundreds at once. */
  #lookAgain(): void {
    if (this.#queue.size === 0) return;
    this.#graceTimer ??= this.#options.clock.setTimeout(() => {
      this.#graceTimer = undefined;
      this.#refuseHopeless();
      this.#lookAgain();
    }, RETURN_GRACE_MS);
  }

  /** As it would have been refused on its arrival, where nobody is left whom it means. */
  #refuseHopeless(): void {
    if (this.#queue.size === 0) return;
    const now = this.#options.clock.monotonic();
    const { participants } = this.#options.room;
    const mayServe = ({ status, offlineSince = now }: ParticipantRecord) =>
      status !== "offline" || now - offlineSince < RETURN_GRACE_MS;
    for (const entry of this.#queue.order()) {
      const { request } = entry;
      if (participants.some((each) => request.fits(each) && mayServe(each))) continue;
      const known = participants.some((each) => request.fits(each));
      if (this.#queue.remove(entry)) this.#refuse(entry, known ? notConnected() : modelNotFound());
    }
    this.#teller.tellSoon();
  }

  #close(refusal: Refusal): void {
    for (const entry of this.#queue.order()) {
      this.#queue.remove(entry);
      this.#refuse(entry, refusal);
    }
  }
}
