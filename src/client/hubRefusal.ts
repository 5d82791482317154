import { HumanError, type HumanErrorCode } from "../common/humanError";
import { type Failure, failureSchema } from "../protocol/management";
import { hostOf } from "./networkError";
import { safeSentence, safeText } from "./safeText";

interface Meaning {
  code: HumanErrorCode;
  message: string;
  hint: string;
}

const roomNotFound: Meaning = {
  code: "ROOM_NOT_FOUND",
  message: "The hub has no such room.",
  hint: "Check the code; rooms end when the hub restarts.",
};
const wrongPassword: Meaning = {
  code: "WRONG_PASSWORD",
  message: "The hub asks for a password, or another one.",
  hint: "Ask whoever made the room for its password.",
};

/** Codes of the management plane that have a meaning of their own here; any other is told by the status. */
const byCode: Readonly<Record<string, Meaning>> = {
  ROOM_NOT_FOUND: roomNotFound,
  INVALID_PASSWORD: wrongPassword,
  UNAUTHORIZED: {
    code: "UNAUTHORIZED",
    message: "The hub has no such room that is open to you.",
    hint: "Join by the room's invite link, or ask its host for a new one.",
  },
  FORBIDDEN: {
    code: "FORBIDDEN",
    message: "That is for the room's host, or for whoever shares the model.",
    hint: "Ask the host to do it.",
  },
  TOO_MANY_REQUESTS: {
    code: "TOO_MANY_REQUESTS",
    message: "The hub was asked too often from here.",
    hint: "Wait a little, then try again.",
  },
  LIMIT_REACHED: {
    code: "LIMIT_REACHED",
    message: "The hub is as full as it may be.",
    hint: "Ask whoever runs it for a higher limit, or to close what is not used.",
  },
  HUB_CLOSING: {
    code: "HUB_CLOSING",
    message: "The hub is shutting down.",
    hint: "Try again when it is back.",
  },
  PARTICIPANT_NOT_FOUND: {
    code: "PARTICIPANT_NOT_FOUND",
    message: "That participant is not in the room.",
    hint: "It may have left: look at the participants' list.",
  },
};

function byStatus(status: number): Meaning {
  if (status === 401) return wrongPassword;
  if (status === 403) {
    const hint = "Use the hub's own address, or ask whoever runs it for access.";
    return { code: "HUB_REFUSED", message: "The hub does not allow that.", hint };
  }
  if (status === 404) {
    const hint = "It may be of another version: check the address, or update the hub.";
    return { code: "HUB_REFUSED", message: "The hub does not know that request.", hint };
  }
  if (status === 413) {
    return { code: "HUB_REFUSED", message: "That is larger than the hub takes.", hint: "Send less." };
  }
  if (status >= 500) {
    const hint = "Try again; if it stays so, ask whoever runs the hub to look at its log.";
    return { code: "HUB_REFUSED", message: `The hub failed (${status}).`, hint };
  }
  return { code: "HUB_REFUSED", message: `The hub refused (${status}).`, hint: "Check what was entered." };
}

/** What a hub's refusal means to a person. Its own words are shown, made safe. @param retryAfter the header of this name */
export function hubRefusal(status: number, body: unknown, retryAfter = ""): HumanError {
  const failure = failureSchema.safeParse(body);
  const told: Failure["error"] | undefined = failure.data?.error;
  const meaning = byCode[told?.code ?? ""] ?? byStatus(status);
  const message = safeSentence(told?.message ?? "") || meaning.message;
  const hint = safeSentence(told?.hint ?? "") || meaning.hint;
  return new HumanError(meaning.code, message, `${hint}${waitText(retryAfter, hint)}`);
}

/** How long a hub asks to wait, as a sentence to append; empty where it does not say, nothing sensible, or the hint has it. */
export function waitText(retryAfter: string, hint: string): string {
  const wait = /^\d{1,5}$/.test(retryAfter) ? `${Number(retryAfter)} s` : undefined;
  return wait === undefined || hint.includes(` ${wait}`) ? "" : ` It asks to wait ${wait}.`;
}

/** Redirects are never followed: what is sent to one host must not be carried to another. */
export function redirected(hubUrl: string, location: string): HumanError {
  const target = location === "" ? "elsewhere" : `to ${safeText(location)}`;
  const hint = "If the hub moved, enter its new address.";
  return new HumanError("NOT_A_HUB", `${hostOf(hubUrl)} is not a hub: it redirects ${target}.`, hint);
}

/** Something answered that is no hub: a web page, another program's JSON, too much of anything. */
export function notAHub(hubUrl: string, what: string): HumanError {
  const hint = "Check the address and port: a hub usually listens on port 5567.";
  return new HumanError("NOT_A_HUB", `${hostOf(hubUrl)} answered with ${what}, not as a hub does.`, hint);
}
