import { z } from "zod";
import { HumanError, type HumanErrorCode } from "../common/humanError";
import { isRecord } from "../common/isRecord";
import { parseSelector } from "../protocol/inference";
import { waitText } from "./hubRefusal";
import { safeSentence, safeText } from "./safeText";

/** What a failed answer's body tells, in OpenAI's, Gambi's, the management plane's or FastAPI's shape. */
const toldSchema = z.object({
  error: z
    .union([
      z.string().transform((message) => ({ message, code: undefined, hint: undefined })),
      z.object({
        message: z.string().optional().catch(undefined),
        code: z.union([z.string(), z.number()]).nullish().catch(undefined),
        hint: z.string().optional().catch(undefined),
      }),
    ])
    .nullish()
    .catch(undefined),
  message: z.string().optional().catch(undefined),
  code: z.union([z.string(), z.number()]).nullish().catch(undefined),
  detail: z.string().optional().catch(undefined),
  /** A Responses event wraps its failure. */
  response: z.object({ error: z.unknown() }).optional().catch(undefined),
});

interface Told {
  message: string;
  code: string;
  hint: string;
}

/** Whom the request meant, to say it in an error. */
export interface Asked {
  selector: string;
  /** The participant's nickname, where the caller knows it. */
  name?: string | undefined;
}

function readTold(value: unknown): Told | undefined {
  const { data } = toldSchema.safeParse(value);
  if (!data) return undefined;
  if (!data.error && data.response?.error) return readTold({ error: data.response.error });
  const hint = data.error?.hint ?? "";
  const message = data.error?.message ?? data.message ?? data.detail ?? "";
  return {
    // Our hubs say the hint there too, for clients that know no hints.
    message: safeSentence(message.endsWith(hint) ? message.slice(0, message.length - hint.length) : message),
    code: String(data.error?.code ?? data.code ?? "").toUpperCase(),
    hint: safeSentence(hint),
  };
}

/** Where no one is meant in particular. */
const EVERYBODY = "Every participant that fits";
/** What ended in the queue: no answer had begun. */
const endsInQueue: readonly HumanErrorCode[] = ["QUEUE_FULL", "QUEUE_TIMEOUT", "ROOM_NOT_FOUND"];

/** The words for one of our codes: message, then hint. `who` is a name, or "That participant". */
const words: Partial<Record<HumanErrorCode, (who: string) => readonly [message: string, hint: string]>> = {
  ROOM_NOT_FOUND: () => [
    "The hub has no such room.",
    "Its host closed it, or the hub was started anew and keeps none: join or make another.",
  ],
  UNAUTHORIZED: () => [
    "The hub has no such room that is open to you.",
    "Join by the room's invite link, or ask its host for a new one.",
  ],
  TOO_MANY_REQUESTS: () => ["The hub was asked too often from here.", "Wait a little, then try again."],
  LIMIT_REACHED: () => ["The hub is as full as it may be.", "Try again later, or ask whoever runs it."],
  QUEUE_FULL: (who) => [
    `${who} is busy, and the room's queue is full.`,
    "Try again in a moment, or ask another participant.",
  ],
  QUEUE_TIMEOUT: (who) => [
    `${who} did not come free in time.`,
    "Try again later, or ask another participant.",
  ],
  HUB_CLOSING: () => ["The hub is shutting down.", "Try again when it is back."],
  PARTICIPANT_NOT_FOUND: (who) => [
    `${who} is not in the room, or takes no requests now.`,
    "Choose another participant.",
  ],
  MODEL_NOT_FOUND: () => ["Nobody in the room has that id or that model now.", "Choose another participant."],
  PARTICIPANT_BUSY: (who) => [
    `${who} is busy with another request.`,
    "Wait for it, or ask another participant.",
  ],
  PARTICIPANT_OFFLINE: (who) => [`${who} is offline.`, "Ask another participant, or wait until it is back."],
  PROVIDER_FAILED: (who) => [
    who === EVERYBODY ? "The model servers that were asked failed." : `${who}'s model server failed.`,
    "Try again, or ask another participant.",
  ],
  TIMED_OUT: (who) => [`${who} did not answer in time.`, "Try again, or ask another participant."],
};

/** The hub's codes, in upper case; others are a provider's own. */
const byToldCode: Readonly<Record<string, HumanErrorCode>> = {
  ROOM_NOT_FOUND: "ROOM_NOT_FOUND",
  UNAUTHORIZED: "UNAUTHORIZED",
  TOO_MANY_REQUESTS: "TOO_MANY_REQUESTS",
  LIMIT_REACHED: "LIMIT_REACHED",
  QUEUE_FULL: "QUEUE_FULL",
  QUEUE_TIMEOUT: "QUEUE_TIMEOUT",
  HUB_CLOSING: "HUB_CLOSING",
  PARTICIPANT_NOT_FOUND: "PARTICIPANT_NOT_FOUND",
  MODEL_NOT_FOUND: "MODEL_NOT_FOUND",
  PARTICIPANT_BUSY: "PARTICIPANT_BUSY",
  PARTICIPANT_TUNNEL_NOT_CONNECTED: "PARTICIPANT_OFFLINE",
  ENDPOINT_NOT_REACHABLE: "PROVIDER_FAILED",
};

function codeOf(status: number, told: Told | undefined, asked: Asked): HumanErrorCode {
  const known = byToldCode[told?.code ?? ""];
  // The hub cannot know that its id was meant, of somebody who has left.
  if (known === "MODEL_NOT_FOUND" && asked.name && isOfOne(asked)) return "PARTICIPANT_NOT_FOUND";
  if (known) return known;
  switch (status) {
    case 404:
      if (/\broom\b/i.test(told?.message ?? "")) return "ROOM_NOT_FOUND";
      return isOfOne(asked) ? "PARTICIPANT_NOT_FOUND" : "MODEL_NOT_FOUND";
    case 409:
    case 429:
      return "PARTICIPANT_BUSY";
    case 503:
      return "PARTICIPANT_OFFLINE";
    case 401:
    case 403:
    case 413:
      return "HUB_REFUSED";
    default:
      return "PROVIDER_FAILED";
  }
}

/** What a refused or failed request of the inference plane means to a person. */
export function inferenceError(status: number, retryAfter: string, value: unknown, asked: Asked): HumanError {
  if (status === 413) return promptTooLong();
  const told = readTold(value);
  const code = codeOf(status, told, asked);
  if (code === "HUB_REFUSED") {
    const hint = told?.hint || "Ask whoever runs the hub, or who shares the model, for access.";
    return new HumanError(code, told?.message || `The request was refused (${status}).`, hint);
  }
  if (code === "MODEL_NOT_FOUND" && parseSelector(asked.selector).kind === "any")
    return new HumanError(
      code,
      "Nobody shares a model in this room now.",
      "Share one, or wait until somebody does.",
    );
  const [message, hint] = words[code]?.(whoIs(asked)) ?? [`The request failed (${status}).`, "Try again."];
  if (code === "PROVIDER_FAILED") {
    return new HumanError(code, withReason(message, told?.message), told?.hint || hint);
  }
  return new HumanError(code, message, `${hint}${waitText(retryAfter, hint)}`);
}

/** A failure told in the middle of a stream, or undefined where the event tells none. */
export function failureInStream(value: unknown): HumanError | undefined {
  if (!isRecord(value)) return undefined;
  const isError = ("error" in value && Boolean(value.error)) || isFailedResponse(value);
  const told = isError ? readTold(value) : undefined;
  if (!told) return undefined;
  const code =
    byToldCode[told.code] ?? (/TIMEOUT|TIMED_OUT/.test(told.code) ? "TIMED_OUT" : "PROVIDER_FAILED");
  const [instead, hint] = words[code]?.("The participant") ?? ["", "Try again."];
  if (endsInQueue.includes(code)) return new HumanError(code, instead, hint);
  return new HumanError(code, withReason("The answer broke off.", told.message), told.hint || hint);
}

/** Refused before it is sent or by the hub's 413. */
export function promptTooLong(): HumanError {
  const hint = "Attach less, or begin a new conversation.";
  return new HumanError("HUB_REFUSED", "The conversation is longer than the hub takes.", hint);
}

function isFailedResponse(value: object): boolean {
  return "type" in value && (value.type === "error" || value.type === "response.failed");
}

function whoIs({ name, selector }: Asked): string {
  if (name) return safeText(name, 60) || "That participant";
  return isOfOne({ selector }) ? "That participant" : EVERYBODY;
}

function isOfOne({ selector }: Asked): boolean {
  return parseSelector(selector).kind === "participantOrModel";
}

function withReason(message: string, reason: string | undefined): string {
  // What our hubs begin with says no more than the message does.
  const why = reason?.replace(/^The provider failed\. (?=\S)/, "");
  return why ? `${message.replace(/\.$/, "")}: ${why}` : message;
}
