import type { ChatMessage } from "../../client/streamChat";
import type { Answer, Attachment, Entry, Prompt, Target } from "../../protocol/panel";

/** One conversation as it is kept; immutable, replaced on a change. */
export interface ConversationState {
  readonly id: string;
  /** Unix ms; orders the history. */
  readonly updatedAt: number;
  readonly entries: readonly Entry[];
  readonly draft: string;
  readonly attachments: readonly Attachment[];
  readonly target: Target;
}

export const anyTarget: Target = { selector: "any", label: "Any free participant" };

const TITLE_CHARS = 60;

export function emptyConversation(id: string, now: number, target: Target = anyTarget): ConversationState {
  return { id, updatedAt: now, entries: [], draft: "", attachments: [], target };
}

/** What a list of conversations calls this one: how its first prompt begins. */
export function titleOf(state: ConversationState): string {
  const first = state.entries.find((entry): entry is Prompt => entry.kind === "prompt");
  const line = first?.text.trim().replace(/\s+/g, " ") ?? "";
  if (line === "") return "New Chat";
  return line.length > TITLE_CHARS ? `${line.slice(0, TITLE_CHARS - 1)}…` : line;
}

/** Replaces the entry of the same id, or appends it. */
export function withEntry(state: ConversationState, entry: Entry): ConversationState {
  const index = state.entries.findIndex((other) => other.id === entry.id);
  const entries = index < 0 ? [...state.entries, entry] : state.entries.with(index, entry);
  return { ...state, entries };
}

export function lastPrompt(state: ConversationState): Prompt | undefined {
  return state.entries.findLast((entry): entry is Prompt => entry.kind === "prompt");
}

function isRunning(answer: Answer): boolean {
  return answer.status.state === "waiting" || answer.status.state === "streaming";
}

/** As restored after a reload: what streamed then was interrupted, and can be retried. */
export function recovered(state: ConversationState): ConversationState {
  const entries = state.entries.map((entry) =>
    entry.kind === "answer" && isRunning(entry)
      ? { ...entry, status: { state: "interrupted" as const } }
      : entry,
  );
  return { ...state, entries };
}

/**
 * What a model is sent: each prompt with the answer that was given to it last, then the last prompt. A prompt that got
 * no answer is left out, because many chat templates refuse two user messages in a row.
 */
export function toMessages(entries: readonly Entry[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let prompt: Prompt | undefined;
  let answer = "";
  const closeTurn = () => {
    if (!prompt || answer === "") return;
    messages.push({ role: "user", content: promptText(prompt) }, { role: "assistant", content: answer });
  };
  for (const entry of entries) {
    if (entry.kind === "answer") {
      if (entry.text.trim() !== "") answer = entry.text;
      continue;
    }
    closeTurn();
    prompt = entry;
    answer = "";
  }
  if (prompt) messages.push({ role: "user", content: promptText(prompt) });
  return messages;
}

function promptText(prompt: Prompt): string {
  return [...prompt.attachments.map(attachmentText), prompt.text].join("\n\n");
}

function attachmentText({ path, languageId, startLine, endLine, text }: Attachment): string {
  // Longer than any run of backticks inside, so that the text cannot end its own fence.
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${path}, lines ${startLine}-${endLine}:\n${fence}${languageId}\n${text}\n${fence}`;
}
