import type { z } from "zod";
import type { InferenceError } from "../protocol/inference";
import type { ErrorCode, Failure } from "../protocol/management";

/** Why the hub does not do what it was asked; each plane words it in its own shape. Never holds a prompt or a secret. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly status: RefusalStatus;
  readonly code: ErrorCode;
  readonly hint: string;
  readonly details: unknown;
  readonly headers: Record<string, string>;

  constructor(
    status: RefusalStatus,
    code: ErrorCode,
    message: string,
    hint: string,
    { details, headers = {} }: { details?: unknown; headers?: Record<string, string> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.details = details;
    this.headers = headers;
  }

  /** In the shape of the plane that was asked. */
  toBody(url: string, requestId: string): InferenceError | Failure {
    return inferencePlane.test(url) ? this.toInferenceError() : this.toFailure(requestId);
  }

  /** The management plane's shape. */
  toFailure(requestId: string): Failure {
    const { code, message, hint, details } = this;
    return { error: { code, message, hint, details }, meta: { requestId } };
  }

  /** The inference plane's shape, which is OpenAI's. */
  toInferenceError(): InferenceError {
    const type = this.status >= 500 ? "server_error" : "invalid_request_error";
    const { message, hint, code } = this;
    // OpenAI's clients show nothing but the message.
    return { error: { message: `${message} ${hint}`, type, code: code.toLowerCase(), hint } };
  }
}

const inferencePlane = /^\/rooms\/[^/]+\/v1([/?]|$)/;

export type RefusalStatus =
  | 400
  | 401
  | 403
  | 404
  | 405
  | 408
  | 409
  | 413
  | 414
  | 426
  | 429
  | 431
  | 500
  | 501
  | 502
  | 503
  | 504;

export function roomNotFound(): Refusal {
  return new Refusal(404, "ROOM_NOT_FOUND", "Room not found.", "Check the code, or ask its host for it.");
}

/** The same whatever is wrong: a room that is not there, no token, another's token, or a password that does not fit. */
export function unauthorized(): Refusal {
  return new Refusal(
    401,
    "UNAUTHORIZED",
    "There is no such room, or it is not open to this token or password.",
    "Check the code, and ask the room's host for an invite.",
    { headers: { "www-authenticate": "Bearer" } },
  );
}

export function forbidden(
  message = "This participant belongs to somebody else.",
  hint = "Send its own token or the host's, or choose another id.",
): Refusal {
  return new Refusal(403, "FORBIDDEN", message, hint);
}

/** Something is full. @param retryAfterSeconds where waiting helps by itself */
export function limitReached(message: string, hint: string, retryAfterSeconds?: number): Refusal {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  return new Refusal(429, "LIMIT_REACHED", message, hint, { headers });
}

export function participantNotFound(): Refusal {
  return new Refusal(
    404,
    "PARTICIPANT_NOT_FOUND",
    "Participant not found.",
    "Check the participant's id, or register it again.",
  );
}

/** Names each field that is wrong, in words and in `details`. */
export function invalidBody(error: z.ZodError): Refusal {
  const fields = error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const shown = fields.slice(0, MAX_FIELDS_SHOWN);
  const text = shown.map(({ path, message }) => (path ? `${path}: ${message}` : message)).join("; ");
  return new Refusal(400, "INVALID_REQUEST", `The body is not valid. ${text}.`, "Correct it and retry.", {
    details: { fields: shown },
  });
}

/** A body can be wrong in thousands of places; a person mends a few at a time. */
const MAX_FIELDS_SHOWN = 10;

/** What an unexpected error looks like from outside: its details are for the log alone. */
export function internalError(): Refusal {
  return new Refusal(500, "INTERNAL_ERROR", "The hub failed.", "Retry; its log says more.");
}
