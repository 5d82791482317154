import type { HumanError } from "../common/humanError";
import { isRecord } from "../common/isRecord";
import type { WaitingWord } from "./waitingComment";

/** What one event of an answer's stream says, whichever of the two APIs it came by. */
export type AnswerDelta =
  | WaitingWord
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "reasoning"; readonly text: string }
  /** The provider's own count of what it wrote. */
  | { readonly type: "usage"; readonly outputTokens: number }
  /** Why the model stopped: "stop", "length", … */
  | { readonly type: "finished"; readonly reason: string }
  /** Nothing follows. */
  | { readonly type: "end" }
  /** By which a Responses answer can be cancelled. */
  | { readonly type: "responseId"; readonly id: string }
  | { readonly type: "failed"; readonly error: HumanError };

/** Reads one API's events. `undefined`: not an event of that API at all. */
export interface AnswerFormat {
  /** One event of a stream. */
  event(value: unknown): AnswerDelta[] | undefined;
  /** A whole answer, of a provider that does not stream although it was asked to. */
  whole(value: unknown): AnswerDelta[] | undefined;
}

/** Some providers send content as a list of parts; only those with text are shown. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return "";
  return content.map((part: unknown) => partText(part)).join("");
}

function partText(part: unknown): string {
  return isRecord(part) && typeof part.text === "string" ? part.text : "";
}

/** The delta, or nothing where the text is empty. */
export function textDelta(type: "text" | "reasoning", content: unknown): AnswerDelta[] {
  const text = textOf(content);
  return text === "" ? [] : [{ type, text }];
}
