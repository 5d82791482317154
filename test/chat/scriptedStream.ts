import type { ChatOptions, ChatPart } from "../../src/client/streamChat";
import type { Answer } from "../../src/protocol/panel";
import {
  Conversation,
  type ConversationChange,
  type ConversationDeps,
} from "../../src/vscode/chat/conversation";
import { type ConversationState, emptyConversation } from "../../src/vscode/chat/conversationState";
import { FakeClock } from "../support/fakeClock";

/** One call of streamChat(), answered by hand: each part arrives when the test says so. */
export class ScriptedCall {
  readonly options: ChatOptions;
  readonly #queue: (ChatPart | Error | "end")[] = [];
  #wake: () => void = () => {};

  constructor(options: ChatOptions) {
    this.options = options;
    options.signal?.addEventListener("abort", () => this.#push("end"));
  }

  get isAborted(): boolean {
    return this.options.signal?.aborted === true;
  }

  async part(...parts: ChatPart[]): Promise<void> {
    for (const part of parts) this.#push(part);
    await settled();
  }

  async text(text: string): Promise<void> {
    await this.part({ type: "text", text });
  }

  async done(finishReason = "stop"): Promise<void> {
    const counts = { ttftMs: 100, durationMs: 1_000, outputTokens: 20, tokensPerSecond: 22 };
    await this.part({ type: "done", finishReason, ...counts });
    await this.end();
  }

  async fail(error: Error): Promise<void> {
    this.#push(error);
    await settled();
  }

  async end(): Promise<void> {
    this.#push("end");
    await settled();
  }

  async *parts(): AsyncGenerator<ChatPart> {
    for (;;) {
      const next = this.#queue.shift();
      if (next === "end") return;
      if (next instanceof Error) throw next;
      if (next) yield next;
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  #push(item: ChatPart | Error | "end"): void {
    this.#queue.push(item);
    this.#wake();
  }
}

/** A conversation with everything around it under the test's hand. */
export class Stage {
  readonly clock = new FakeClock();
  readonly calls: ScriptedCall[] = [];
  readonly bugs: unknown[] = [];
  readonly changes: ConversationChange[] = [];
  isJoined = true;
  #ids = 0;

  readonly deps: ConversationDeps = {
    stream: (options) => {
      const call = new ScriptedCall(options);
      this.calls.push(call);
      return call.parts();
    },
    room: () => (this.isJoined ? { hubUrl: "http://hub", roomCode: "ABC234" } : undefined),
    describe: (selector) =>
      selector === "ana-1" ? { participantId: "ana-1", nickname: "Ana", model: "llama3:8b" } : undefined,
    clock: this.clock,
    newId: () => `id${++this.#ids}`,
    onBug: (error) => this.bugs.push(error),
  };

  conversation(state: ConversationState = emptyConversation("c1", this.clock.now())): Conversation {
    const conversation = new Conversation(state, this.deps);
    conversation.onDidChange((change) => this.changes.push(change));
    return conversation;
  }

  /** The latest call of streamChat(). */
  get call(): ScriptedCall {
    const call = this.calls.at(-1);
    if (!call) throw new Error("Nothing was asked.");
    return call;
  }

  /** Lets the time pass after which what has arrived is shown. */
  flush(): void {
    this.clock.advance(16);
  }
}

export function lastAnswer(conversation: Conversation): Answer {
  const entry = conversation.state.entries.at(-1);
  if (entry?.kind !== "answer") throw new Error("The last entry is no answer.");
  return entry;
}

/** After all that is ready to run has run. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
