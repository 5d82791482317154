import { networkInterfaces } from "node:os";
import { HubClient } from "../client/hubClient";
import { normaliseHubUrl } from "../client/hubUrl";
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
 * The invite to a room, by an address that leads there from teammates' machines: the one given, or where the hub was
 * called by a name of this machine alone, the first of its addresses at which the same hub answers.
 */
export async function makeInvite(
  target: RoomTarget,
  publicUrl: string | undefined,
  signal: AbortSignal,
): Promise<TeamInvite> {
  const { roomCode, fingerprint, token: memberToken } = target;
  const found = publicUrl === undefined ? await teamUrl(target, signal) : givenUrl(target, publicUrl);
  const hubUrl = found ?? target.hubUrl;
  const invite = {
    hubUrl,
    roomCode,
    ...(memberToken !== undefined && { memberToken }),
    // Where a proxy stands before the hub it shows a certificate of its own.
    ...(fingerprint !== undefined && hubUrl.startsWith("https:") && { fingerprint }),
  };
  return { invite, isLocal: found === undefined };
}

/** A name alone stands for the hub's own scheme and port. */
function givenUrl({ hubUrl }: RoomTarget, text: string): string {
  if (text.includes("://")) return normaliseHubUrl(text);
  const { protocol, port } = new URL(hubUrl);
  const hasPort = /:\d+$/.test(text);
  return normaliseHubUrl(`${protocol}//${text}${hasPort || port === "" ? "" : `:${port}`}`);
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
