import { z } from "zod";

/** What a person may type into one prompt, UTF-16 units; about fifty thousand words of code. */
export const MAX_PROMPT_CHARS = 200_000;
/** One attached selection or file, UTF-16 units. */
export const MAX_ATTACHMENT_CHARS = 100_000;
export const MAX_ATTACHMENTS = 10;
/** One answer's text; a model that babbles on is stopped there, UTF-16 units. */
export const MAX_ANSWER_CHARS = 1_000_000;
/** A code block that the page hands back to be copied or inserted: at most a whole answer. */
const MAX_CODE_CHARS = MAX_ANSWER_CHARS;
const MAX_ID_CHARS = 300;
const MAX_LABEL_CHARS = 1_000;

const id = z.string().min(1).max(MAX_ID_CHARS);
const label = z.string().max(MAX_LABEL_CHARS);
const count = z.number().nonnegative();

/** A piece of an editor that goes along with a prompt. */
export const attachmentSchema = z.object({
  id,
  /** As people read it: relative to the workspace. */
  path: label,
  languageId: label,
  /** One-based, inclusive. */
  startLine: count,
  endLine: count,
  text: z.string().max(MAX_ATTACHMENT_CHARS),
});
export type Attachment = z.infer<typeof attachmentSchema>;

/** Whom a conversation's next prompt goes to; the label outlives a participant that leaves. */
export const targetSchema = z.object({ selector: id, label });
export type Target = z.infer<typeof targetSchema>;

/** Who answers; what is unknown (on a hub that does not tell) is absent. */
export const answererSchema = z.object({
  participantId: id.optional(),
  nickname: label.optional(),
  model: label.optional(),
});
export type Answerer = z.infer<typeof answererSchema>;

const answerStatusSchema = z.discriminatedUnion("state", [
  /** With a place where the hub queues it: 1 is next. */
  z.object({
    state: z.literal("waiting"),
    position: z.number().int().positive().optional(),
    estimatedWaitMs: count.optional(),
  }),
  z.object({ state: z.literal("streaming") }),
  /** `finishReason` as the provider gave it; `length` means cut off. */
  z.object({ state: z.literal("done"), finishReason: label.optional() }),
  z.object({ state: z.literal("stopped") }),
  /** The window went away in the middle of it. */
  z.object({ state: z.literal("interrupted") }),
  z.object({ state: z.literal("failed"), message: label, hint: label }),
]);

export const answerMetricsSchema = z.object({
  ttftMs: count.optional(),
  durationMs: count,
  outputTokens: count,
  tokensPerSecond: count.optional(),
});
export type AnswerMetrics = z.infer<typeof answerMetricsSchema>;

export const promptSchema = z.object({
  kind: z.literal("prompt"),
  id,
  text: z.string().max(MAX_PROMPT_CHARS),
  attachments: z.array(attachmentSchema).max(MAX_ATTACHMENTS),
});
export type Prompt = z.infer<typeof promptSchema>;

export const answerSchema = z.object({
  kind: z.literal("answer"),
  id,
  who: answererSchema,
  text: z.string().max(MAX_ANSWER_CHARS),
  reasoning: z.string().max(MAX_ANSWER_CHARS),
  status: answerStatusSchema,
  metrics: answerMetricsSchema.optional(),
});
export type Answer = z.infer<typeof answerSchema>;

/** A conversation in order: a prompt, then one or more answers to it, and so on. */
export const entrySchema = z.discriminatedUnion("kind", [promptSchema, answerSchema]);
export type Entry = z.infer<typeof entrySchema>;

/** The page shows what is attached, never needs its text. */
export type AttachmentView = Omit<Attachment, "text">;
export type EntryView = (Omit<Prompt, "attachments"> & { attachments: readonly AttachmentView[] }) | Answer;

/** What is being written. A new `revision` means that the host changed the text: the page's own typing has none. */
export interface DraftView {
  readonly revision: number;
  readonly text: string;
  readonly attachments: readonly AttachmentView[];
}

/** One conversation, complete. */
export interface ChatView {
  readonly id: string;
  readonly entries: readonly EntryView[];
  readonly draft: DraftView;
  readonly target: Target;
}

/** One line of the target picker. */
export interface TargetOption {
  readonly selector: string;
  readonly kind: "any" | "model" | "participant";
  /** The nickname, or what stands in its place. */
  readonly label: string;
  readonly model: string;
  /** `online` means that a prompt would be taken now. */
  readonly status: "online" | "busy" | "offline";
  /** Hardware, or how many share a model. */
  readonly detail: string;
  readonly isMine: boolean;
}

/** What the page shows of the room. */
export type RoomView =
  | { readonly state: "left" }
  | { readonly state: "connecting"; readonly roomCode: string }
  | { readonly state: "failed"; readonly message: string; readonly hint: string }
  | {
      readonly state: "joined";
      readonly name: string;
      /**
       * `roomGone`: the hub answers, and no longer knows the room; `closed`: by its host; `keyVoid`: it wants another key;
       * `wrongCertificate`: it may be somebody else.
       */
      readonly hub: "live" | "connecting" | "lost" | "roomGone" | "closed" | "keyVoid" | "wrongCertificate";
      readonly targets: readonly TargetOption[];
    };

/** Host → page. The page shows nothing before the first `snapshot`. */
export type HostToPage =
  /** Everything, in answer to `ready`, and again when another conversation is shown or one is rewritten. */
  | {
      readonly type: "snapshot";
      readonly room: RoomView;
      readonly chat: ChatView;
      readonly limits: PageLimits;
    }
  /** The room or somebody in it changed. */
  | { readonly type: "room"; readonly room: RoomView }
  /** One entry is new (then it is the last) or changed. */
  | { readonly type: "entry"; readonly chatId: string; readonly entry: EntryView }
  /** An answer grows. `at` and `reasoningAt` are the lengths before it: where they do not fit, the page asks again. */
  | {
      readonly type: "delta";
      readonly chatId: string;
      readonly answerId: string;
      readonly at: number;
      readonly text: string;
      readonly reasoningAt: number;
      readonly reasoning: string;
    }
  /** The host changed the draft: sent, attached, or another text to edit. */
  | { readonly type: "draft"; readonly draft: DraftView }
  /** The next prompt goes to somebody else. */
  | { readonly type: "target"; readonly target: Target }
  /** One line beside the composer: what a button did or why it did not. */
  | { readonly type: "notice"; readonly text: string; readonly isError: boolean }
  /** Puts the cursor into the composer. */
  | { readonly type: "focus" };

/** Bounds that the page tells people about before the host would refuse. */
export interface PageLimits {
  readonly maxPromptChars: number;
}

const code = z.string().max(MAX_CODE_CHARS);
/** From a model's code fence: only a name is ever looked up with it. */
const language = z.string().max(100);

/** Page → host, parsed at the host's edge. Nothing in it is trusted: it names no command, no file and no path. */
export const pageToHostSchema = z.discriminatedUnion("type", [
  /** The page runs and wants a snapshot; also where it missed something. */
  z.object({ type: z.literal("ready") }),
  /** The draft as typed so far. */
  z.object({ type: z.literal("draft"), text: z.string().max(MAX_PROMPT_CHARS) }),
  /** Send this text with what is attached. */
  z.object({ type: z.literal("send"), text: z.string().max(MAX_PROMPT_CHARS) }),
  /** End the answer that streams. */
  z.object({ type: z.literal("stop") }),
  /** Ask the last prompt again. */
  z.object({ type: z.literal("retry") }),
  /** Ask the last prompt again, of somebody whom the host lets the user pick; also in place of one that waits in a queue. */
  z.object({ type: z.literal("askAnother") }),
  /** Replace the last prompt by this text and ask it. */
  z.object({ type: z.literal("edit"), promptId: id, text: z.string().max(MAX_PROMPT_CHARS) }),
  /** The next prompt goes there. */
  z.object({ type: z.literal("target"), selector: id }),
  /** Attach the last editor's selection, or the whole file where nothing is selected. */
  z.object({ type: z.literal("attachSelection") }),
  z.object({ type: z.literal("removeAttachment"), id }),
  /** A code block to the clipboard. */
  z.object({ type: z.literal("copy"), text: code }),
  /** A code block into the last editor at its cursor. */
  z.object({ type: z.literal("insert"), text: code, language }),
  /** A code block into a new untitled file. */
  z.object({ type: z.literal("newFile"), text: code, language }),
  z.object({ type: z.literal("newChat") }),
  /** Pick an earlier conversation. */
  z.object({ type: z.literal("history") }),
  /** One of the buttons of an empty state; the host knows which command it is. */
  z.object({
    type: z.literal("action"),
    action: z.enum(["joinRoom", "enterKey", "hostRoom", "shareModel", "retryConnection", "showLog"]),
  }),
]);
export type PageToHost = z.infer<typeof pageToHostSchema>;
