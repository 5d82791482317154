import { createHash } from "node:crypto";
import { hostname, userInfo } from "node:os";

/** Enough of a SHA-256 that two never meet. */
const ID_LENGTH = 24;

/** Stable for this machine, user, room and model: a share that is started again finds its own card. */
export function participantIdFor(share: { roomCode: string; endpoint: string; model: string }): string {
  const parts = [hostname(), userInfo().username, share.roomCode, share.endpoint, share.model];
  return createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, ID_LENGTH);
}
