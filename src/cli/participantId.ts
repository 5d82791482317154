import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";

/** Enough of a SHA-256 that two never meet. */
const ID_LENGTH = 24;

export interface ShareKey {
  readonly roomCode: string;
  /** Of the hub's certificate: under another one the id is another, so that its token is not shown to somebody in between. */
  readonly fingerprint?: string | undefined;
  readonly endpoint: string;
  readonly model: string;
}

/** Stable for this machine, user, room and model: a share that is started again finds its own card. */
export function participantIdFor({ roomCode, fingerprint, endpoint, model }: ShareKey): string {
  const parts = [hostname(), userName(), roomCode, endpoint, model, ...(fingerprint ? [fingerprint] : [])];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, ID_LENGTH);
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return `${process.getuid?.()}`; // A container's user may have no entry in the password file.
  }
}
