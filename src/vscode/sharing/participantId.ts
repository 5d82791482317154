import { createHmac } from "node:crypto";

/** Long enough that two never meet in a room, short enough to read in a request. */
const ID_LENGTH = 20;

export interface ParticipantKey {
  /** Random, of this installation, and secret: who does not know it cannot make an id that looks like ours. */
  readonly installId: string;
  readonly hubUrl: string;
  /** Of the hub's certificate: under another one the id is another, so that its token is not shown to somebody in between. */
  readonly fingerprint?: string | undefined;
  readonly roomCode: string;
  readonly endpoint: string;
  readonly model: string;
}

/**
 * The same for the same model shared again in the same room, so that a restart finds its own card. Only the origin of
 * hub and provider counts: that is all of an endpoint that a card shows, so that another window can compute it too.
 */
export function participantId(key: ParticipantKey): string {
  const { installId, hubUrl, fingerprint, roomCode, endpoint, model } = key;
  const parts = [originOf(hubUrl), fingerprint, roomCode.toUpperCase(), originOf(endpoint), model];
  const digest = createHmac("sha256", installId).update(JSON.stringify(parts)).digest("hex");
  return `vscode-${digest.slice(0, ID_LENGTH)}`;
}

/** The text itself where it is no URL: a foreign card's endpoint may be anything. */
function originOf(url: string): string {
  return URL.canParse(url) ? new URL(url).origin : url;
}
