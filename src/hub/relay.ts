import type { Clock } from "../common/clock";
import type { Disposable } from "../common/disposable";
import type { InferenceProtocol } from "../protocol/events";
import type { AnswerAdapter } from "./answerAdapter";
import { Deadline } from "./deadline";
import type { HubLimits } from "./limits";
import { metricsOf } from "./metrics";
import type { ParticipantRecord } from "./participantRecord";
import { internalError, Refusal } from "./refusal";
import type { RequesterAnswer } from "./requesterAnswer";
import type { Room } from "./room";
import type { CallHandler, CallOutcome, TunnelAsk } from "./tunnelCall";
import { UsageTail } from "./usageTail";

/** One way to have a request answered. */
export interface Attempt {
  readonly protocol: InferenceProtocol;
  readonly ask: TunnelAsk;
  /** Rewrites a successful answer; absent where the provider's bytes pass untouched. */
  readonly adapter?: AnswerAdapter;
  /** Sees the provider's bytes, e.g. to learn a response's id. */
  readonly onBytes?: (bytes: Uint8Array) => void;
  readonly onBegin?: () => void;
  /** The request is over, whatever came of it. */
  readonly onEnd?: () => void;
  /** Taken instead where the provider does not have this route. @throws Refusal where it cannot be. */
  readonly otherwise?: () => Attempt;
}

type Phase =
  | { state: "waiting" }
  | {
      state: "answering";
      adapter: AnswerAdapter | undefined;
      status: number;
      headers: Record<string, string>;
    }
  /** This attempt's answer is let run out; the next begins when the participant is free of it. */
  | { state: "switching"; next: () => Attempt }
  | { state: "over" };

export interface RelayOptions {
  clock: Clock;
  limits: HubLimits;
  room: Room;
  record: ParticipantRecord;
  requestId: string;
}

/** Statuses by which a provider says that it does not have a route. */
const missingRoute = new Set([404, 405, 501]);

/** One request on its way: from the chosen participant's slot to the requester's last byte. */
export class Relay {
  readonly #options: RelayOptions;
  readonly #slot: Disposable;
  readonly #usage = new UsageTail();
  readonly #startedAt: number;
  #answer: RequesterAnswer | undefined;
  #deadline: Deadline;
  #call: { cancel(): void } | undefined;
  #phase: Phase = { state: "waiting" };
  #attempt: Attempt;
  #firstByteAt: number | undefined;
  /** Between a call's begin and its settling. */
  #participantWorks = false;

  /** Takes the slot at once; `run` begins. */
  constructor(options: RelayOptions, attempt: Attempt) {
    const { clock, limits, room, record, requestId } = options;
    this.#options = options;
    this.#attempt = attempt;
    this.#startedAt = clock.now();
    this.#slot = room.takeSlot(record);
    this.#deadline = new Deadline(clock, limits.firstByteMs, () => this.#timedOut());
    room.tell({
      type: "llm.request",
      data: { requestId, participantId: record.id, model: record.model, protocol: attempt.protocol },
    });
  }

  run(answer: RequesterAnswer): void {
    this.#answer = answer;
    this.#begin(this.#attempt);
  }

  /** The requester went away, or said so. @returns false where it was over already. */
  cancel(): boolean {
    if (this.#phase.state === "over") return false;
    this.#fail(cancelled(), "cancelled");
    return true;
  }

  #begin(attempt: Attempt): void {
    this.#phase = { state: "waiting" };
    this.#attempt = attempt;
    attempt.onBegin?.();
    const { tunnel } = this.#options.record;
    const handler = this.#handlerOf(attempt);
    this.#participantWorks = true;
    if (tunnel) this.#call = tunnel.call(attempt.ask, handler);
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

  #handlerOf(attempt: Attempt): CallHandler {
    return {
      onStart: (status, headers) => this.#start(attempt, status, headers),
      onBytes: (bytes) => this.#bytes(attempt, bytes),
      onSettled: () => {
        this.#participantWorks = false;
        if (this.#phase.state !== "switching") this.#slot.dispose();
      },
      onOver: (outcome) => this.#over(outcome),
    };
  }

  #start(attempt: Attempt, status: number, headers: Record<string, string>): void {
    if (attempt.otherwise && missingRoute.has(status)) {
      this.#phase = { state: "switching", next: attempt.otherwise };
      return;
    }
    if (status < 200) {
      this.#fail(providerFailed(`It answered ${status}.`), "protocol");
      return;
    }
    const adapter = status < 300 ? attempt.adapter : undefined;
    const told = adapter ? { ...headers, "content-type": adapter.contentType } : headers;
    this.#phase = { state: "answering", adapter, status, headers: told };
    this.#renewDeadline(this.#options.limits.firstByteMs);
    // Whether a whole answer can be rewritten is known at its end: until then an error still has a status.
    if (!adapter?.needsWhole) this.#answer?.start(status, told);
    if (adapter) this.#writeAdapted(() => adapter.start());
  }

  #bytes(attempt: Attempt, bytes: Uint8Array): void {
    if (this.#phase.state !== "answering") return;
    if (this.#firstByteAt === undefined) {
      this.#firstByteAt = this.#options.clock.now();
      this.#renewDeadline(this.#options.limits.silenceMs);
    }
    this.#deadline.touch();
    this.#usage.push(bytes);
    attempt.onBytes?.(bytes);
    const { adapter } = this.#phase;
    if (adapter) this.#writeAdapted(() => adapter.push(bytes));
    else this.#answer?.write(bytes);
  }

  #writeAdapted(produce: () => Uint8Array, lateHeaders?: Record<string, string>): boolean {
    try {
      const bytes = produce();
      if (lateHeaders) this.#answer?.start(200, lateHeaders);
      if (bytes.byteLength > 0) this.#answer?.write(bytes);
      return true;
    } catch {
      // What the provider sent is no chat completion. The error may quote it, so that it is told to nobody.
      this.#fail(providerFailed("It sent no chat completion."), "protocol");
      return false;
    }
  }

  #over(outcome: CallOutcome): void {
    const phase = this.#phase;
    if (phase.state === "over") return;
    if (outcome.kind === "lost") {
      this.#fail(tunnelLost(), "tunnel");
      return;
    }
    if (outcome.kind === "failed") {
      this.#fail(failureOf(outcome), outcome.stage);
      return;
    }
    if (phase.state === "switching") {
      this.#switch(phase.next);
      return;
    }
    if (phase.state !== "answering") return;
    const { adapter, status, headers } = phase;
    if (adapter && !this.#writeAdapted(() => adapter.end(), headers)) return;
    if (status < 400) this.#finish();
    else this.#finish({ stage: "provider", error: `The provider answered ${status}.` });
    this.#answer?.end();
  }

  #timedOut(): void {
    const { record } = this.#options;
    const timeout = new Refusal(
      504,
      "ENDPOINT_NOT_REACHABLE",
      `${record.nickname} did not answer in time.`,
      "Retry, or try another participant.",
    );
    this.#fail(timeout, "timeout");
  }

  #fail(refusal: Refusal, stage: string): void {
    this.#finish({ stage, error: refusal.message });
    this.#answer?.fail(refusal);
  }

  /** Ends the request for everyone but the participant, which is told to stop where it still works on it. */
  #finish(failure?: { stage: string; error: string }): void {
    if (this.#phase.state === "over") return;
    this.#phase = { state: "over" };
    this.#deadline.dispose();
    this.#call?.cancel();
    // Else the call gives the slot back when it has settled.
    if (!this.#participantWorks) this.#slot.dispose();
    this.#attempt.onEnd?.();
    this.#tellEnd(failure);
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
    const times = { startedAt: this.#startedAt, firstByteAt: this.#firstByteAt, endedAt: clock.now() };
    const metrics = metricsOf(times, this.#usage.counts());
    record.pace.learn(metrics, times.endedAt);
    room.tell({ type: "llm.complete", data: { ...about, metrics } });
  }
}

function providerFailed(why: string): Refusal {
  return new Refusal(
    502,
    "ENDPOINT_NOT_REACHABLE",
    `The provider failed. ${why}`,
    "Ask its owner, or try another participant.",
  );
}

function cancelled(): Refusal {
  return new Refusal(409, "INVALID_REQUEST", "The requester cancelled it.", "Ask again for another answer.");
}

function tunnelLost(): Refusal {
  return new Refusal(
    502,
    "PARTICIPANT_TUNNEL_NOT_CONNECTED",
    "The participant's tunnel closed.",
    "Retry, or try another participant.",
  );
}

/** A participant's message is shown to a person: short, and on one line. */
const MAX_MESSAGE_LENGTH = 300;

function failureOf({ stage, message }: { stage: string; message: string }): Refusal {
  const text = message.replace(/\s+/g, " ").slice(0, MAX_MESSAGE_LENGTH);
  if (stage === "refused") {
    return new Refusal(429, "PARTICIPANT_BUSY", `The participant refused. ${text}`, "Retry later.");
  }
  return providerFailed(text);
}
