/** Why something that a person asked for did not work; stable words that code may switch on. */
export type HumanErrorCode =
  | "HUB_UNREACHABLE"
  | "NOT_A_HUB"
  | "HUB_REFUSED"
  /** Not the certificate that the invite names: nothing was sent. */
  | "WRONG_CERTIFICATE"
  | "ROOM_NOT_FOUND"
  | "WRONG_PASSWORD"
  | "UNAUTHORIZED"
  /** The host ended the room. */
  | "ROOM_CLOSED"
  | "BAD_INVITE"
  | "FORBIDDEN"
  | "TOO_MANY_REQUESTS"
  | "LIMIT_REACHED"
  | "QUEUE_FULL"
  | "QUEUE_TIMEOUT"
  | "HUB_CLOSING"
  | "PARTICIPANT_NOT_FOUND"
  | "PARTICIPANT_BUSY"
  | "PARTICIPANT_OFFLINE"
  /** A model is shared no longer: it was removed, or another program shares it. */
  | "SHARE_ENDED"
  | "PROVIDER_UNREACHABLE"
  | "PROVIDER_FAILED"
  | "WRONG_KEY"
  | "MODEL_NOT_FOUND"
  | "STREAM_BROKEN"
  | "TIMED_OUT"
  | "SETUP_FAILED"
  | "INVALID_INPUT";

/**
 * An error meant for a person: `message` says what happened, `hint` what to do next. Never holds a prompt, a key or a
 * token. Anything thrown that is not a HumanError is a bug in this program.
 */
export class HumanError extends Error {
  override readonly name = "HumanError";
  readonly code: HumanErrorCode;
  readonly hint: string;

  constructor(code: HumanErrorCode, message: string, hint: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.hint = hint;
  }
}

/** One line for a person, whatever was thrown. */
export function describeError(error: unknown): string {
  if (error instanceof HumanError) return `${error.message} ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
