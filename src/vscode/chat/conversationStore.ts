import { z } from "zod";
import {
  attachmentSchema,
  entrySchema,
  MAX_ATTACHMENTS,
  MAX_PROMPT_CHARS,
  targetSchema,
} from "../../protocol/panel";
import { MAX_ENTRIES } from "./conversation";
import { type ConversationState, recovered } from "./conversationState";

/** The part of VS Code's workspaceState that is needed. */
export interface Memento {
  get(key: string): unknown;
  update(key: string, value: unknown): Thenable<void>;
}

export const storeKey = "llmRooms.conversations";
export const MAX_CONVERSATIONS = 50;
/** All that is kept of one workspace, as JSON; VS Code holds it in memory and writes it whole. */
export const MAX_STORED_CHARS = 1_000_000;

const stateSchema: z.ZodType<ConversationState> = z.object({
  id: z.string().min(1),
  updatedAt: z.number(),
  // A retry adds an answer after the bound was last checked, hence the slack.
  entries: z.array(entrySchema).max(2 * MAX_ENTRIES),
  draft: z.string().max(MAX_PROMPT_CHARS),
  attachments: z.array(attachmentSchema).max(MAX_ATTACHMENTS),
  target: targetSchema,
});
const storedSchema = z.object({ conversations: z.array(z.unknown()) });

/** A workspace's conversations, newest first, across reloads and within bounds. */
export class ConversationStore {
  readonly #memento: Memento;

  constructor(memento: Memento) {
    this.#memento = memento;
  }

  /** What another version wrote, and this one cannot read, is left out. */
  load(): ConversationState[] {
    const stored = storedSchema.safeParse(this.#memento.get(storeKey));
    if (!stored.success) return [];
    return stored.data.conversations.flatMap((each) => {
      const parsed = stateSchema.safeParse(each);
      return parsed.success ? [recovered(parsed.data)] : [];
    });
  }

  async save(conversations: readonly ConversationState[]): Promise<void> {
    await this.#memento.update(storeKey, { conversations: bounded(conversations) });
  }
}

/** The newest that fit. Where the first alone is too large, its oldest entries go. */
export function bounded(conversations: readonly ConversationState[]): ConversationState[] {
  const kept: ConversationState[] = [];
  let room = MAX_STORED_CHARS;
  for (const conversation of conversations.slice(0, MAX_CONVERSATIONS)) {
    const fitting = kept.length === 0 ? shrunk(conversation) : conversation;
    room -= JSON.stringify(fitting).length;
    if (room < 0) break;
    kept.push(fitting);
  }
  return kept;
}

function shrunk(conversation: ConversationState): ConversationState {
  let excess = JSON.stringify(conversation).length - MAX_STORED_CHARS;
  let from = 0;
  for (const entry of conversation.entries) {
    if (excess <= 0) break;
    excess -= JSON.stringify(entry).length;
    from++;
  }
  const entries = conversation.entries.slice(from);
  // Attachments of the draft are the only other part that can be large, and the user still has their files.
  return { ...conversation, entries, attachments: excess > 0 ? [] : conversation.attachments };
}
