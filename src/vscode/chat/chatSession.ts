import type { Disposable } from "../../common/disposable";
import { Emitter, type Event } from "../../common/event";
import { Conversation, type ConversationChange, type ConversationDeps } from "./conversation";
import { type ConversationState, emptyConversation } from "./conversationState";
import type { ConversationStore } from "./conversationStore";

/** A reload loses at most so much typing, ms. */
const SAVE_DELAY_MS = 500;
/** And so much of an answer that streams: each write is the whole history, ms. */
const STREAM_SAVE_DELAY_MS = 2_000;

export type ChatChange = ConversationChange | { readonly type: "switched" };

/** The window's conversations: one is current, the others are history. Saves what changes, and restores the newest. */
export class ChatSession implements Disposable {
  readonly #deps: ConversationDeps;
  readonly #store: ConversationStore;
  readonly #changed = new Emitter<ChatChange>();
  readonly onDidChange: Event<ChatChange> = this.#changed.event;
  /** Newest first, without the current one. */
  #others: readonly ConversationState[];
  #current: Conversation;
  #saveTimer: Disposable | undefined;
  #saveAt = 0;

  constructor(deps: ConversationDeps, store: ConversationStore) {
    this.#deps = deps;
    this.#store = store;
    const [newest, ...others] = store.load();
    this.#others = others;
    this.#current = this.#follow(newest ?? this.#empty());
  }

  get current(): Conversation {
    return this.#current;
  }

  /** Newest first, the current one included where anything was said in it. */
  get history(): readonly ConversationState[] {
    return [this.#current.state, ...this.#others].filter(({ entries }) => entries.length > 0);
  }

  /** An empty conversation, asking whom the last one asked. */
  newChat(): void {
    if (this.#current.state.entries.length === 0) return;
    this.#show({ ...this.#empty(), target: this.#current.state.target });
  }

  open(id: string): void {
    const found = this.#others.find((other) => other.id === id);
    if (found) this.#show(found);
  }

  /** Writes what is not yet written, now. */
  save(): void {
    this.#saveTimer?.dispose();
    this.#saveTimer = undefined;
    const all = [this.#current.state, ...this.#others].filter(isWorthKeeping);
    this.#store.save(all).catch(this.#deps.onBug);
  }

  dispose(): void {
    if (this.#saveTimer) this.save();
    this.#current.dispose();
    this.#changed.dispose();
  }

  #show(state: ConversationState): void {
    this.#current.stop();
    const left = this.#current.state;
    this.#current.dispose();
    this.#others = [left, ...this.#others].filter((other) => other.id !== state.id && isWorthKeeping(other));
    this.#current = this.#follow(state);
    this.#changed.fire({ type: "switched" });
    this.#saveSoon();
  }

  #follow(state: ConversationState): Conversation {
    const conversation = new Conversation(state, this.#deps);
    conversation.onDidChange((change) => {
      this.#changed.fire(change);
      this.#saveSoon(change.type === "grown" ? STREAM_SAVE_DELAY_MS : SAVE_DELAY_MS);
    });
    return conversation;
  }

  #empty(): ConversationState {
    return emptyConversation(this.#deps.newId(), this.#deps.clock.now());
  }

  #saveSoon(delayMs = SAVE_DELAY_MS): void {
    const saveAt = this.#deps.clock.now() + delayMs;
    if (this.#saveTimer && this.#saveAt <= saveAt) return;
    this.#saveTimer?.dispose();
    this.#saveAt = saveAt;
    this.#saveTimer = this.#deps.clock.setTimeout(() => this.save(), delayMs);
  }
}

function isWorthKeeping({ entries, draft, attachments }: ConversationState): boolean {
  return entries.length > 0 || draft.trim() !== "" || attachments.length > 0;
}
