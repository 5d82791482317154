import { networkInterfaces } from "node:os";
import { HubClient } from "../client/hubClient";
import { normaliseHubUrl } from "../client/hubUrl";
import { inviteFingerprint } from "../client/inviteFingerprint";
import { HumanError } from "../common/humanError";
import type { Invite } from "../protocol/invite";
import type { RoomTarget } from "./findRoom";
import { isLoopback } from "./listenAddresses";

/** This machine's own hub answers at once or is not there, ms. */
const PROBE_TIMEOUT_MS = 1_500;

export interface TeamInvite {
  readonly invite: Invite;
  /** Other machines cannot use it. */
  readonly isLocal: boolean;
}

/**
 * What --public-url means; a name alone stands for the hub's own scheme and port. To be asked before anything is changed.
 * @throws HumanError where the invite would take an encrypted hub's key through the open network
 */
export function publicHubUrl(hubUrl: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const { protocol, port } = new URL(hubUrl);
  // What comes before a path, or all of it.
  const named = text.replace(/^[^/]*/, (name) =>
    port === "" || /:\d+$/.test(name) ? name : `${name}:${port}`,
  );
  const url = normaliseHubUrl(text.includes("://") ? text : `${protocol}//${named}`);
  // The other way round is a proxy that encrypts before a hub in the clear.
  if (protocol !== "https:" || url.startsWith("https:")) return url;
  throw new HumanError(
    "INVALID_INPUT",
    "The hub is encrypted, and --public-url is not: whoever reads the network would get the room's key.",
    "Begin it with https://, or give the name alone.",
  );
}

/**
 * The invite to a room, by an address that leads there from teammates' machines: the one given, or where the hub was
 * called by a name of this machine alone, the first of its addresses at which the same hub answers.
 * @param publicUrl of publicHubUrl()
 */
export async function makeInvite(
  target: RoomTarget,
  publicUrl: string | undefined,
  signal: AbortSignal,
): Promise<TeamInvite> {
  const { roomCode, token: memberToken } = target;
  const found = publicUrl ?? (await teamUrl(target, signal));
  const hubUrl = found ?? target.hubUrl;
  const fingerprint = await inviteFingerprint(hubUrl, target.fingerprint);
  const invite = {
    hubUrl,
    roomCode,
    ...(memberToken !== undefined && { memberToken }),
    ...(fingerprint !== undefined && { fingerprint }),
  };
  return { invite, isLocal: found === undefined };
}

async function teamUrl(target: RoomTarget, signal: AbortSignal): Promise<string | undefined> {
  const url = new URL(target.hubUrl);
  if (!isLoopback(url.hostname.replace(/^\[|\]$/g, ""))) return target.hubUrl;
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  for (const { address } of addresses) {
    url.hostname = address;
    const candidate = url.href.replace(/\/+$/, "");
    if (await hasRoom(candidate, target, signal)) return candidate;
  }
  return undefined;
}

async function hasRoom(hubUrl: string, target: RoomTarget, signal: AbortSignal): Promise<boolean> {
  const { fingerprint, token, roomCode } = target;
  try {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT_MS)]);
    await new HubClient(hubUrl, { fingerprint, token }).getRoom(roomCode, patience);
    return true;
  } catch {
    return false; // Nothing listens there, or another hub: the next address, if there is one.
  }
}
