import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import type { AnswerAdapter } from "./answerAdapter";
import type { Attempt } from "./attempt";
import { Deadline } from "./deadline";
import type { HubLimits } from "./limits";
import { metricsOf } from "./metrics";
import type { LinkCall } from "./participantLink";
import type { ParticipantRecord } from "./participantRecord";
import { internalError, Refusal } from "./refusal";
import {
  notInTime,
  participantFailed,
  providerFailed,
  requesterCancelled,
  tunnelLost,
} from "./relayRefusals";
import type { RequesterAnswer } from "./requesterAnswer";
import type { Room } from "./room";
import type { CallHandler, CallOutcome } from "./tunnelCall";
import { UsageTail } from "./usageTail";

/** How an answer began. */
interface Head {
  adapter: AnswerAdapter | undefined;
  status: number;
  headers: Record<string, string>;
}

type Phase =
  | { state: "waiting" }
  /** Its head is held back until its first byte: until then another participant can still take over. */
  | ({ state: "begun" } & Head)
  | ({ state: "answering" } & Head)
  /** This attempt's answer is let run out; the next begins when the participant is free of it. */
  | { state: "switching"; next: () => Attempt }
  | { state: "over" };

export interface RelayOptions {
  clock: Clock;
  limits: HubLimits;
  room: Room;
  record: ParticipantRecord;
  requestId: string;
  answer: RequesterAnswer;
  substitute: Substitute;
  /** Called once its answer has begun: nobody else will have to give it. */
  onAnswering: () => void;
}

/** Another participant that may take over while nothing was answered yet. */
export interface Substitute {
  isPossible(): boolean;
  /** @param failure of this one, for where nobody can take over after all. */
  begin(failure: Refusal): void;
}

/** What is left of an attempt once its participant was asked: a prompt need not be kept for as long as its answer lasts. */
type Asked = Omit<Attempt, "ask" | "onBegin">;

/** Statuses by which a provider says that it does not have a route. */
const missingRoute = new Set([404, 405, 501]);

/** One participant's part in a request: from its slot to the requester's last byte. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #slot: Disposable;
  readonly #usage = new UsageTail();
  readonly #startedAt: number;
  readonly #answer: RequesterAnswer;
  #deadline: Deadline;
  #call: LinkCall | undefined;
  #phase: Phase = { state: "waiting" };
  #attempt: Asked;
  #firstByteAt: number | undefined;
  /** Between a call's begin and its settling. */
  #participantWorks = false;

  /** Takes the slot at once; `run` begins. */
  constructor(options: RelayOptions, attempt: Attempt) {
    const { clock, limits, room, record, requestId, answer } = options;
    this.#options = options;
    this.#answer = answer;
    this.#attempt = attempt;
    this.#startedAt = clock.monotonic();
    this.#slot = room.takeSlot(record);
    this.#deadline = new Deadline(clock, limits.firstByteMs, () => this.#timedOut());
    room.tell({
      type: "llm.request",
      data: { requestId, participantId: record.id, model: record.model, protocol: attempt.protocol },
    });
  }

  run(attempt: Attempt): void {
    this.#answer.servedBy(this.#options.record.id);
    this.#begin(attempt);
  }

  /** The requester went away, or said so. @returns false where it was over already. */
  cancel(): boolean {
    if (this.#phase.state === "over") return false;
    const refusal = requesterCancelled();
    this.#finish({ stage: "cancelled", error: refusal.message }, () => this.#answer.fail(refusal));
    return true;
  }

  #begin({ ask, onBegin, ...asked }: Attempt): void {
    this.#phase = { state: "waiting" };
    this.#attempt = asked;
    onBegin?.();
    const { tunnel } = this.#options.record;
    const handler = this.#handler();
    this.#participantWorks = true;
    if (tunnel) this.#call = tunnel.call(ask, handler);
    else {
      handler.onSettled();
      handler.onOver({ kind: "lost" });
    }
  }

  #switch(next: () => Attempt): void {
    try {
      this.#begin(next());
    } catch (error) {
      this.#fail(error instanceof Refusal ? error : internalError(), "translation");
    }
  }

  #handler(): CallHandler {
    return {
      onStart: (status, headers) => this.#start(status, headers),
      onBytes: (bytes) => this.#bytes(bytes),
      onSettled: () => {
        this.#participantWorks = false;
        // Else `onOver` follows at once, and what it learns must be known before anybody else is served.
        if (this.#phase.state === "over") this.#slot.dispose();
      },
      onOver: (outcome) => this.#over(outcome),
    };
  }

  #start(status: number, headers: Record<string, string>): void {
    const { otherwise, ...attempt } = this.#attempt;
    if (otherwise && missingRoute.has(status)) {
      this.#phase = { state: "switching", next: otherwise };
      return;
    }
    if (status < 200) {
      this.#fail(providerFailed(`It answered ${status}.`), "protocol");
      return;
    }
    if (isFailureOfParticipant(status)) {
      const { room, record, substitute } = this.#options;
      // What it has no route for tells nothing of the others.
      if (status !== 501) room.failed(record);
      if (substitute.isPossible()) {
        this.#fail(providerFailed(`It answered ${status}.`), "provider", false);
        return;
      }
    }
    this.#attempt = attempt;
    const adapter = status < 300 ? attempt.adapter : undefined;
    const told = adapter ? { ...headers, "content-type": adapter.contentType } : headers;
    const head = { adapter, status, headers: told };
    this.#renewDeadline(this.#options.limits.firstByteMs);
    if (this.#options.substitute.isPossible()) this.#phase = { state: "begun", ...head };
    else this.#answerWith(head);
  }

  /** From here on nobody else can give the answer. */
  #answerWith({ adapter, status, headers }: Head): void {
    this.#phase = { state: "answering", adapter, status, headers };
    this.#options.onAnswering();
    // Whether a whole answer can be rewritten is known at its end: until then an error still has a status.
    if (!adapter?.needsWhole) this.#answer.start(status, headers);
    this.#answer.follow((unsentBytes, wasTaken) => this.#taken(unsentBytes, wasTaken));
    if (adapter) this.#writeAdapted(() => adapter.start());
  }

  #bytes(bytes: Uint8Array): void {
    if (this.#phase.state === "begun") this.#answerWith(this.#phase);
    if (this.#phase.state !== "answering") {
      // Read only to its end.
      this.#call?.holds(0);
      return;
    }
    if (this.#firstByteAt === undefined) {
      this.#firstByteAt = this.#options.clock.monotonic();
      this.#renewDeadline(this.#options.limits.silenceMs);
    }
    this.#deadline.touch();
    this.#usage.push(bytes);
    this.#attempt.onBytes?.(bytes);
    const { adapter } = this.#phase;
    if (!adapter) {
      this.#answer.write(bytes);
      return;
    }
    this.#writeAdapted(() => adapter.push(bytes));
    // It may have written nothing yet, of which nobody would hear.
    this.#call?.holds(this.#answer.unsentBytes);
  }

  /** A requester that reads slowly keeps its participant waiting: that is no silence of the participant's. */
  #taken(unsentBytes: number, wasTaken: boolean): void {
    if (wasTaken) this.#deadline.touch();
    this.#call?.holds(unsentBytes);
  }

  #writeAdapted(produce: () => Uint8Array, lateHeaders?: Record<string, string>): boolean {
    try {
      const bytes = produce();
      if (lateHeaders) this.#answer.start(200, lateHeaders);
      if (bytes.byteLength > 0) this.#answer.write(bytes);
      return true;
    } catch {
      // What the provider sent is no chat completion. The error may quote it, so that it is told to nobody.
      this.#fail(providerFailed("It sent no chat completion."), "protocol");
      return false;
    }
  }

  #over(outcome: CallOutcome): void {
    if (this.#phase.state === "over") return;
    if (outcome.kind === "lost") {
      this.#fail(tunnelLost(), "tunnel");
      return;
    }
    if (outcome.kind === "failed") {
      this.#fail(participantFailed(outcome), outcome.stage);
      return;
    }
    if (this.#phase.state === "switching") {
      this.#switch(this.#phase.next);
      return;
    }
    if (this.#phase.state === "begun") this.#answerWith(this.#phase);
    const phase: Phase = this.#phase;
    if (phase.state !== "answering") return;
    const { adapter, status, headers } = phase;
    if (adapter && !this.#writeAdapted(() => adapter.end(), headers)) return;
    const failure = { stage: "provider", error: `The provider answered ${status}.` };
    this.#finish(status < 400 ? undefined : failure, () => this.#answer.end());
  }

  #timedOut(): void {
    const { record } = this.#options;
    this.#fail(notInTime(record.nickname), "timeout");
  }

  /** @param isFault others are to be asked before it for a while, and nobody was told so yet */
  #fail(refusal: Refusal, stage: string, isFault = true): void {
    const { substitute, room, record } = this.#options;
    const isReplaceable = this.#isReplaceable(stage);
    if (isFault && (isReplaceable || stage === "timeout")) room.failed(record);
    const isReplaced = isReplaceable && substitute.isPossible();
    this.#finish({ stage, error: refusal.message }, () => {
      if (!isReplaced) this.#answer.fail(refusal);
    });
    if (isReplaced) substitute.begin(refusal);
  }

  /** Nothing was answered, and it is the participant's failure, or wish to stop: not its requester's patience, or request. */
  #isReplaceable(stage: string): boolean {
    if (this.#phase.state === "answering" || this.#phase.state === "over") return false;
    return !["timeout", "translation"].includes(stage);
  }

  /** Ends the request for everyone but the participant, which is told to stop where it still works on it. */
  #finish(failure: { stage: string; error: string } | undefined, tellRequester: () => void): void {
    if (this.#phase.state === "over") return;
    this.#phase = { state: "over" };
    this.#deadline.dispose();
    this.#call?.cancel();
    tellRequester();
    this.#attempt.onEnd?.();
    this.#tellEnd(failure);
    // Else the call gives the slot back when it has settled.
    if (!this.#participantWorks) this.#slot.dispose();
  }

  #renewDeadline(ms: number): void {
    this.#deadline.dispose();
    this.#deadline = new Deadline(this.#options.clock, ms, () => this.#timedOut());
  }

  #tellEnd(failure?: { stage: string; error: string }): void {
    const { room, record, requestId, clock } = this.#options;
    const about = {
      requestId,
      participantId: record.id,
      model: record.model,
      protocol: this.#attempt.protocol,
    };
    if (failure) {
      const { nickname, endpoint } = record;
      room.tell({ type: "llm.error", data: { ...about, nickname, endpoint, ...failure } });
      return;
    }
    const times = { startedAt: this.#startedAt, firstByteAt: this.#firstByteAt, endedAt: clock.monotonic() };
    const metrics = metricsOf(times, this.#usage.counts(), this.#usage.answerBytes);
    record.pace.learn(metrics, times.endedAt);
    record.failures.answered();
    room.tell({ type: "llm.complete", data: { ...about, metrics } });
  }
}

/** It cannot, or not now; what is wrong with the request itself is wrong for every other too. */
function isFailureOfParticipant(status: number): boolean {
  return status >= 500 || status === 429;
}
