import type { IncomingHttpHeaders } from "node:http";
import { hashToken } from "./token";

/** Where a member's token is sent as the bearer already, a participant's own goes here. */
const participantTokenHeader = "x-participant-token";

/** What a request shows of itself; hashed at once, so that no token lies about. */
export interface Credentials {
  readonly bearerHash: string | undefined;
  readonly participantHash: string | undefined;
}

/** A longer one is no token of ours. */
const MAX_TOKEN_LENGTH = 1_000;

export function readCredentials(headers: IncomingHttpHeaders): Credentials {
  const [, bearer] = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? "") ?? [];
  const own = headers[participantTokenHeader];
  return { bearerHash: hashOf(bearer), participantHash: hashOf(typeof own === "string" ? own : undefined) };
}

function hashOf(token: string | undefined): string | undefined {
  return token === undefined || token.length > MAX_TOKEN_LENGTH ? undefined : hashToken(token);
}
