import type { ChatOptions } from "../../client/streamChat";
import type { Clock } from "../../common/clock";
import type { Disposable } from "../../common/disposable";
import { Emitter, type Event } from "../../common/event";
import { HumanError } from "../../common/humanError";
import {
  type Answer,
  type Answerer,
  type Attachment,
  type Entry,
  MAX_ATTACHMENTS,
  MAX_PROMPT_CHARS,
  type Prompt,
  type Target,
} from "../../protocol/panel";
import { AnswerRun, type StreamChat } from "./answerRun";
import { anyTarget, type ConversationState, lastPrompt, toMessages, withEntry } from "./conversationState";

/** A conversation longer than this is too long for any model's context as well. */
export const MAX_ENTRIES = 400;

export type ConversationChange =
  /** Entries went away: whoever shows them shows them anew. */
  | { readonly type: "rewritten" }
  | { readonly type: "entry"; readonly entry: Entry }
  /** `answer` is what `before` was, and more. */
  | { readonly type: "grown"; readonly answer: Answer; readonly before: Answer }
  /** By the user's own typing. */
  | { readonly type: "typed" }
  /** By something else than typing. */
  | { readonly type: "draft" }
  | { readonly type: "target" };

export interface ConversationDeps {
  stream: StreamChat;
  /** The joined room, or undefined; `features` of its hub where they are known. */
  room: () =>
    | Pick<ChatOptions, "hubUrl" | "roomCode" | "features" | "token" | "fingerprint" | "user">
    | undefined;
  describe: (selector: string) => Answerer | undefined;
  clock: Clock;
  newId: () => string;
  onBug: (error: unknown) => void;
}

/** One conversation: what was said, what is being typed, and the answer that streams, whether or not anybody looks. */
export class Conversation implements Disposable {
  readonly #deps: ConversationDeps;
  readonly #changed = new Emitter<ConversationChange>();
  readonly onDidChange: Event<ConversationChange> = this.#changed.event;
  #state: ConversationState;
  #run: AnswerRun | undefined;

  constructor(state: ConversationState, deps: ConversationDeps) {
    this.#state = state;
    this.#deps = deps;
  }

  get state(): ConversationState {
    return this.#state;
  }

  get isAnswering(): boolean {
    return this.#run !== undefined;
  }

  type(draft: string): void {
    if (draft === this.#state.draft) return;
    this.#set({ draft }, { type: "typed" });
  }

  setTarget(target: Target): void {
    if (target.selector === this.#state.target.selector && target.label === this.#state.target.label) return;
    this.#set({ target }, { type: "target" });
  }

  /** @throws HumanError where there are too many. The same lines of the same file replace what was attached of them. */
  attach(attachment: Attachment): void {
    const place = ({ path, startLine, endLine }: Attachment) => `${path}:${startLine}-${endLine}`;
    const others = this.#state.attachments.filter((other) => place(other) !== place(attachment));
    if (others.length >= MAX_ATTACHMENTS) {
      throw refusal(`A prompt takes ${MAX_ATTACHMENTS} attachments.`, "Remove one first.");
    }
    this.#set({ attachments: [...others, attachment] }, { type: "draft" });
  }

  detach(id: string): void {
    const attachments = this.#state.attachments.filter((attachment) => attachment.id !== id);
    if (attachments.length === this.#state.attachments.length) return;
    this.#set({ attachments }, { type: "draft" });
  }

  /** Sends the text with what is attached. @throws HumanError where it cannot be; the draft then stays. */
  send(text: string): void {
    const prompt: Prompt = {
      kind: "prompt",
      id: this.#deps.newId(),
      text: text.trim(),
      attachments: [...this.#state.attachments],
    };
    this.#checkCanAsk(prompt);
    this.#set({ draft: "", attachments: [] }, { type: "draft" });
    this.#put(prompt);
    this.#answer();
  }

  /** Replaces the last prompt's text, drops its answers, and asks. @throws HumanError where it cannot. */
  edit(promptId: string, text: string): void {
    const old = lastPrompt(this.#state);
    if (old?.id !== promptId) throw refusal("Only the last prompt can be edited.", "Send a new one.");
    const prompt = { ...old, text: text.trim() };
    this.#checkCanAsk(prompt);
    const before = this.#state.entries.slice(0, this.#state.entries.indexOf(old));
    this.#set({ entries: [...before, prompt] }, { type: "rewritten" });
    this.#answer();
  }

  /** Asks the last prompt again, of `target` where given. An answer without a word gives way to the new one. */
  retry(target?: Target): void {
    const prompt = lastPrompt(this.#state);
    if (!prompt) return;
    this.#checkCanAsk(prompt);
    if (target) this.setTarget(target);
    const last = this.#state.entries.at(-1);
    if (last?.kind === "answer" && (last.text === "" || last.status.state === "failed")) {
      this.#set({ entries: this.#state.entries.slice(0, -1) }, { type: "rewritten" });
    }
    this.#answer();
  }

  /** Whether nothing of the answer has come yet: it may be queued. */
  get isWaiting(): boolean {
    const last = this.#state.entries.at(-1);
    return this.#run !== undefined && last?.kind === "answer" && last.status.state === "waiting";
  }

  /** Ends the answer that streams; nothing where none does. */
  stop(): void {
    this.#run?.stop();
    this.#run = undefined;
  }

  dispose(): void {
    this.#run?.dispose();
    this.#run = undefined;
    this.#changed.dispose();
  }

  #checkCanAsk(prompt: Prompt): void {
    if (this.#run) throw refusal("An answer is still arriving.", "Stop it first.");
    if (prompt.text === "" && prompt.attachments.length === 0)
      throw refusal("The prompt is empty.", "Type one.");
    if (prompt.text.length > MAX_PROMPT_CHARS) {
      throw refusal(
        "The prompt is too long.",
        `Keep it under ${MAX_PROMPT_CHARS.toLocaleString("en")} characters.`,
      );
    }
    if (this.#state.entries.length >= MAX_ENTRIES)
      throw refusal("This conversation is full.", "Start a new one.");
    if (!this.#deps.room()) throw refusal("You are not in a room.", "Join one first; your draft stays here.");
  }

  #answer(): void {
    const room = this.#deps.room();
    if (!room) return;
    const { selector, label } = this.#state.target;
    // One that has left the room is still who was asked.
    const gone = selector === anyTarget.selector ? {} : { nickname: label };
    const who = this.#deps.describe(selector) ?? gone;
    const messages = toMessages(this.#state.entries);
    const answer: Answer = {
      kind: "answer",
      id: this.#deps.newId(),
      who,
      text: "",
      reasoning: "",
      status: { state: "waiting" },
    };
    this.#put(answer);
    const run = new AnswerRun({
      stream: this.#deps.stream,
      request: { ...room, model: selector, targetName: who.nickname, messages },
      clock: this.#deps.clock,
      answer,
      describe: this.#deps.describe,
      onGrow: (grown, before) => {
        this.#state = withEntry(this.#state, grown);
        this.#changed.fire({ type: "grown", answer: grown, before });
      },
      onChange: (changed) => {
        // Before anybody hears of it, so that whoever answers the news with a retry is not refused.
        if (changed.status.state !== "waiting" && changed.status.state !== "streaming") this.#run = undefined;
        this.#put(changed);
      },
      onBug: this.#deps.onBug,
    });
    this.#run = run;
    void run.run(); // never rejects
  }

  #put(entry: Entry): void {
    this.#state = { ...withEntry(this.#state, entry), updatedAt: this.#deps.clock.now() };
    this.#changed.fire({ type: "entry", entry });
  }

  #set(change: Partial<ConversationState>, event: ConversationChange): void {
    this.#state = { ...this.#state, ...change };
    this.#changed.fire(event);
  }
}

function refusal(message: string, hint: string): HumanError {
  return new HumanError("INVALID_INPUT", message, hint);
}
