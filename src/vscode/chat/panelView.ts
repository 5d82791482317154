import type { ChatView, DraftView, Entry, EntryView, HostToPage } from "../../protocol/panel";
import type { Conversation, ConversationChange } from "./conversation";
import type { ConversationState } from "./conversationState";

/** The conversation as the page gets it: all of it but the texts of attachments. */
export function chatView(state: ConversationState, revision: number): ChatView {
  return {
    id: state.id,
    entries: state.entries.map(entryView),
    draft: draftView(state, revision),
    target: state.target,
  };
}

function draftView(state: ConversationState, revision: number): DraftView {
  return { revision, text: state.draft, attachments: state.attachments.map(withoutText) };
}

/** The message that tells the page of a change; undefined where it knows already, or needs a snapshot. */
export function changeMessage(
  { state }: Conversation,
  change: ConversationChange,
  revision: number,
): HostToPage | undefined {
  switch (change.type) {
    case "entry":
      return { type: "entry", chatId: state.id, entry: entryView(change.entry) };
    case "grown": {
      const { answer, before } = change;
      return {
        type: "delta",
        chatId: state.id,
        answerId: answer.id,
        at: before.text.length,
        text: answer.text.slice(before.text.length),
        reasoningAt: before.reasoning.length,
        reasoning: answer.reasoning.slice(before.reasoning.length),
      };
    }
    case "draft":
      return { type: "draft", draft: draftView(state, revision) };
    case "target":
      return { type: "target", target: state.target };
    case "typed":
    case "rewritten":
      return undefined;
  }
}

function entryView(entry: Entry): EntryView {
  return entry.kind === "answer" ? entry : { ...entry, attachments: entry.attachments.map(withoutText) };
}

function withoutText<T extends { text: string }>({ text: _, ...rest }: T): Omit<T, "text"> {
  return rest;
}
