import type { ChatOptions, ChatPart } from "../../client/streamChat";
import type { Clock } from "../../common/clock";
import type { Disposable } from "../../common/disposable";
import { HumanError } from "../../common/humanError";
import { type Answer, type Answerer, type AnswerMetrics, MAX_ANSWER_CHARS } from "../../protocol/panel";

/** Tokens are shown together once in so many ms: faster than a screen refreshes helps nobody. */
const FLUSH_MS = 16;
const MAX_ERROR_CHARS = 1_000;

export type StreamChat = (options: ChatOptions) => AsyncIterable<ChatPart>;

export interface AnswerRunOptions {
  stream: StreamChat;
  request: Omit<ChatOptions, "signal">;
  clock: Clock;
  answer: Answer;
  /** Who a participant is, as far as the room knows. */
  describe: (participantId: string) => Answerer | undefined;
  onGrow: (answer: Answer, before: Answer) => void;
  onChange: (answer: Answer) => void;
  /** A fault of this program: the person sees one generic line, the log the rest. */
  onBug: (error: unknown) => void;
}

/** One answer while it arrives. It ends once: done, failed, or stopped; afterwards nothing is called back any more. */
export class AnswerRun implements Disposable {
  readonly #options: AnswerRunOptions;
  readonly #abort = new AbortController();
  #answer: Answer;
  #pendingText = "";
  #pendingReasoning = "";
  #flushTimer: Disposable | undefined;
  #ended = false;

  constructor(options: AnswerRunOptions) {
    this.#options = options;
    this.#answer = options.answer;
  }

  /** Resolves when the stream is over; never rejects. */
  async run(): Promise<void> {
    const { stream, request } = this.#options;
    try {
      for await (const part of stream({ ...request, signal: this.#abort.signal })) {
        if (this.#ended) return;
        this.#take(part);
      }
      if (!this.#ended) throw new HumanError("STREAM_BROKEN", "The answer broke off.", "Try again.");
    } catch (error) {
      if (!this.#ended) this.#fail(error);
    }
  }

  /** The answer stays as far as it came; the participant is freed. */
  stop(): void {
    this.#finish({ ...this.#flushed(), status: { state: "stopped" } });
    this.#abort.abort();
  }

  /** Ends it without a word: the window goes away. */
  dispose(): void {
    this.#ended = true;
    this.#flushTimer?.dispose();
    this.#abort.abort();
  }

  #take(part: ChatPart): void {
    switch (part.type) {
      case "queued":
        this.#queued(part.position, part.estimatedWaitMs);
        break;
      case "answering":
        this.#answering(part.participantId);
        break;
      case "text":
        this.#pendingText += part.text;
        this.#grown();
        break;
      case "reasoning":
        this.#pendingReasoning += part.text;
        this.#grown();
        break;
      case "done":
        this.#done(part);
        break;
    }
  }

  #queued(position: number, estimatedWaitMs: number | undefined): void {
    const { status } = this.#answer;
    if (status.state !== "waiting") return;
    if (status.position === position && status.estimatedWaitMs === estimatedWaitMs) return;
    this.#answer = { ...this.#answer, status: { state: "waiting", position, estimatedWaitMs } };
    this.#options.onChange(this.#answer);
  }

  /** Who answers is known: whatever queue there was is over. */
  #answering(participantId: string | undefined): void {
    if (participantId === undefined) return;
    const who = this.#options.describe(participantId) ?? { ...this.#answer.who, participantId };
    const { status } = this.#answer;
    this.#answer = {
      ...this.#answer,
      who,
      status: status.state === "waiting" ? { state: "waiting" } : status,
    };
    this.#options.onChange(this.#answer);
  }

  #grown(): void {
    const { text, reasoning } = this.#answer;
    const chars = text.length + reasoning.length + this.#pendingText.length + this.#pendingReasoning.length;
    if (chars > MAX_ANSWER_CHARS) {
      this.#tooLong();
      return;
    }
    this.#flushTimer ??= this.#options.clock.setTimeout(() => this.#flush(), FLUSH_MS);
  }

  #tooLong(): void {
    this.#pendingText = "";
    this.#pendingReasoning = "";
    this.#finish({ ...this.#answer, status: { state: "done", finishReason: "length" } });
    this.#abort.abort();
  }

  #flush(): void {
    const before = this.#answer;
    this.#answer = this.#flushed();
    this.#options.onGrow(this.#answer, before);
  }

  /** The answer with all that has arrived; takes what was pending. */
  #flushed(): Answer {
    this.#flushTimer?.dispose();
    this.#flushTimer = undefined;
    const text = this.#answer.text + this.#pendingText;
    const reasoning = this.#answer.reasoning + this.#pendingReasoning;
    this.#pendingText = "";
    this.#pendingReasoning = "";
    return { ...this.#answer, text, reasoning, status: { state: "streaming" } };
  }

  #done(part: Extract<ChatPart, { type: "done" }>): void {
    const { finishReason, ttftMs, durationMs, outputTokens, tokensPerSecond } = part;
    const metrics: AnswerMetrics = { ttftMs, durationMs, outputTokens, tokensPerSecond };
    this.#finish({ ...this.#flushed(), metrics, status: { state: "done", finishReason } });
  }

  #fail(error: unknown): void {
    const known = error instanceof HumanError;
    if (!known) this.#options.onBug(error);
    const message = known ? error.message : "Something went wrong inside LLM Rooms.";
    const hint = known ? error.hint : "The log says more.";
    this.#finish({
      ...this.#flushed(),
      status: {
        state: "failed",
        message: message.slice(0, MAX_ERROR_CHARS),
        hint: hint.slice(0, MAX_ERROR_CHARS),
      },
    });
  }

  #finish(answer: Answer): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#flushTimer?.dispose();
    this.#answer = answer;
    this.#options.onChange(answer);
  }
}
