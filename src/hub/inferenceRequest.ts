import type { ServerResponse } from "node:http";
import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import type { Attempt } from "./attempt";
import type { ByteBudget } from "./byteBudget";
import type { Dispatcher } from "./dispatcher";
import type { HubLimits } from "./limits";
import type { ParticipantRecord } from "./participantRecord";
import { internalError, Refusal } from "./refusal";
import { Relay } from "./relay";
import { RequesterAnswer } from "./requesterAnswer";
import type { Requester } from "./requestQueue";
import type { Room } from "./room";
import { isMeant, type Target } from "./selector";
import { comingBack, modelNotFound, notConnected } from "./servingRefusals";
import type { QueuePlace, WaitingRequest } from "./waitingRequest";

/** What is asked for, and how each participant is to be asked for it. */
export interface Work {
  readonly target: Target;
  readonly requester: Requester;
  readonly bodyBytes: number;
  /** What keeping it costs; the response's end gives it back too. */
  readonly memory: Disposable;
  readonly stream: boolean;
  readonly wantsResponse?: boolean | undefined;
  /** Whether a participant that is meant can do this at all. */
  suits(record: ParticipantRecord): boolean;
  /** With that participant's model and defaults. @throws Refusal where it cannot be asked. */
  attemptFor(record: ParticipantRecord): Attempt;
}

export interface InferenceRequestOptions {
  clock: Clock;
  limits: HubLimits;
  unsent: ByteBudget;
  room: Room;
  dispatcher: Dispatcher;
  requestId: string;
  response: ServerResponse;
  /** A first participant was found, after so long, ms. */
  onFound?: (waitedMs: number) => void;
  /** The hub's own refusal, once at most. */
  onRefused?: (refusal: Refusal) => void;
}

type State = { state: "waiting" } | { state: "relaying"; relay: Relay } | { state: "over" };

/**
 * One request on the inference plane, from its arrival to its end: it finds its participant at once or waits for one, and
 * finds another, once, where that one fails before it answered.
 */
export class InferenceRequest implements WaitingRequest {
  readonly requestId: string;
  readonly requester: Requester;
  readonly arrival: number;
  readonly target: Target;
  readonly bodyBytes: number;
  readonly #options: InferenceRequestOptions;
  readonly #answer: RequesterAnswer;
  readonly #arrivedAt: number;
  /** Let go when the answer begins: a prompt may be 32 MB long. */
  #work: Work | undefined;
  readonly #memory: Disposable;
  #state: State = { state: "waiting" };
  #failed: { by: ParticipantRecord; failure: Refusal } | undefined;
  /** Whether those that are meant but cannot do this are left out. */
  #isChoosy: boolean;

  constructor(options: InferenceRequestOptions, work: Work) {
    const { clock, limits, unsent, requestId, response } = options;
    this.requestId = requestId;
    this.requester = work.requester;
    this.arrival = options.dispatcher.nextArrival();
    this.target = work.target;
    this.bodyBytes = work.bodyBytes;
    this.#options = options;
    this.#arrivedAt = clock.monotonic();
    this.#work = work;
    this.#memory = work.memory;
    this.#isChoosy = work.target.kind !== "participant";
    this.#answer = new RequesterAnswer(response, {
      clock,
      requestId,
      wantsStream: work.stream,
      wantsResponse: work.wantsResponse,
      maxUnsentBytes: limits.unsentBytes,
      unsent,
      stalledMs: limits.stalledMs,
      flushMs: limits.flushMs,
      onGone: () => this.cancel(),
    });
  }

  /** From here on it answers for itself. */
  start(): void {
    const choice = this.#chooseFirst();
    try {
      // Its body was still arriving when the room, or the hub, began to close.
      this.#options.dispatcher.refuseWhereClosed();
      switch (choice.kind) {
        case "chosen":
          this.begin(choice.participant);
          break;
        case "busy":
          this.#options.dispatcher.add(this);
          break;
        case "offline":
          throw notConnected();
        case "unknown":
          throw this.#isAwaited ? comingBack() : modelNotFound();
        default:
          choice satisfies never;
      }
    } catch (error) {
      this.#stop(error);
    }
  }

  fits(record: ParticipantRecord): boolean {
    if (record === this.#failed?.by) return false;
    if (!this.#work || !isMeant(this.target, record)) return false;
    return !this.#isChoosy || this.#work.suits(record);
  }

  wants(record: ParticipantRecord): boolean {
    return this.fits(record) && (!record.isFailing || !this.#isPromising(this.#chooseSteady()));
  }

  begin(record: ParticipantRecord): void {
    const attempt = this.#attemptFor(record);
    if (!attempt) return;
    const { clock, limits, room } = this.#options;
    if (!this.#failed) this.#options.onFound?.(clock.monotonic() - this.#arrivedAt);
    const substitute = {
      isPossible: () => this.#canBeReplaced(record),
      begin: (failure: Refusal) => this.#replace(record, failure),
    };
    const onAnswering = () => {
      this.#work = undefined;
      this.#memory.dispose();
    };
    const { requestId } = this;
    const answer = this.#answer;
    const relay = new Relay(
      { clock, limits, room, record, requestId, answer, substitute, onAnswering },
      attempt,
    );
    this.#state = { state: "relaying", relay };
    // Nobody else can take over: then the prompt lives only until it has left.
    if (this.#failed || this.target.kind === "participant") this.#work = undefined;
    relay.run(attempt);
  }

  refuse(refusal: Refusal): void {
    if (this.#state.state === "over") return;
    this.#state = { state: "over" };
    this.#work = undefined;
    this.#options.onRefused?.(refusal);
    // Whoever failed first is the reason; that nobody could take over is not.
    this.#answer.fail(this.#failed?.failure ?? refusal);
  }

  tellPlace({ position, waitSeconds }: QueuePlace): void {
    const about = waitSeconds === undefined ? "" : `, about ${waitSeconds} s`;
    this.#answer.tellWaiting(`queued ${position}${about}`);
  }

  /** The requester went away, or said so. @returns false where it was over already. */
  cancel(): boolean {
    const state = this.#state;
    this.#work = undefined;
    switch (state.state) {
      case "relaying":
        return state.relay.cancel();
      case "waiting":
        this.#state = { state: "over" };
        this.#options.dispatcher.remove(this);
        return true;
      case "over":
        return false;
      default:
        return state satisfies never;
    }
  }

  /** Where none that is meant can do this, whoever is asked says why. */
  #chooseFirst() {
    const choice = this.#choose();
    if (choice.kind !== "unknown" || !this.#isChoosy) return choice;
    this.#isChoosy = false;
    return this.#choose();
  }

  #choose() {
    const steady = this.#chooseSteady();
    return this.#isPromising(steady)
      ? steady
      : this.#options.room.choose(this.target, (record) => this.fits(record));
  }

  /** Of those that have not failed of late. */
  #chooseSteady() {
    return this.#options.room.choose(this.target, (record) => !record.isFailing && this.fits(record));
  }

  get #isAwaited(): boolean {
    const { room, clock } = this.#options;
    return room.owners.someAreAwaited(clock.monotonic());
  }

  #isPromising({ kind }: ReturnType<Room["choose"]>): boolean {
    return kind === "chosen" || kind === "busy";
  }

  #attemptFor(record: ParticipantRecord): Attempt | undefined {
    try {
      return this.#work?.attemptFor(record);
    } catch (error) {
      this.#stop(error);
      return undefined;
    }
  }

  #stop(error: unknown): void {
    this.refuse(error instanceof Refusal ? error : internalError());
  }

  #canBeReplaced(record: ParticipantRecord): boolean {
    const { room, dispatcher } = this.#options;
    if (this.#failed || !this.#work || this.target.kind === "participant" || dispatcher.isClosed)
      return false;
    const { kind } = room.choose(this.target, (each) => each !== record && this.fits(each));
    return kind === "chosen" || (kind === "busy" && dispatcher.hasPlaceFor(this));
  }

  #replace(record: ParticipantRecord, failure: Refusal): void {
    this.#failed = { by: record, failure };
    this.#state = { state: "waiting" };
    const choice = this.#choose();
    if (choice.kind === "chosen") this.begin(choice.participant);
    else if (choice.kind !== "busy" || !this.#options.dispatcher.putBack(this)) this.refuse(failure);
  }
}
