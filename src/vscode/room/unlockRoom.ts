import type { HubClient } from "../../client/hubClient";
import { describeError, HumanError } from "../../common/humanError";
import { looksLikeInvite, readInvite } from "../../protocol/invite";
import type { RoomSummary } from "../../protocol/room";
import { askText } from "../askText";
import { toRowText } from "../views/plainText";
import { askPassword } from "./askPassword";
import type { RoomParts } from "./roomParts";
import type { RoomKeys } from "./roomSecrets";

export interface RoomWanted {
  readonly hubUrl: string;
  readonly roomCode: string;
  /** From an invite, or a caller; tried before anything is asked. */
  readonly given: RoomKeys;
}

export interface UnlockedRoom {
  readonly room: RoomSummary;
  /** Those that have proved right. */
  readonly keys: RoomKeys;
}

/** 256 bits in base64url: what looks like this is a room's key, not somebody's password. */
const keyPattern = /^[\w-]{43}$/;

/**
 * Finds what opens a room: what is given, what was kept from last time, nothing where it is open; else asks until it is right.
 * Esc gives undefined. @throws HumanError
 */
export async function unlockRoom(parts: RoomParts, wanted: RoomWanted): Promise<UnlockedRoom | undefined> {
  const { hubUrl, roomCode, given } = wanted;
  const { kept, fingerprint } = await keptKeys(parts, wanted);
  const knock = async (token?: string, signal?: AbortSignal) =>
    whereLetIn((await parts.access.openHub(hubUrl, { token, fingerprint })).getRoom(roomCode, signal));
  const host = await firstThatOpens(knock, [kept.hostToken]);
  const member = await firstThatOpens(knock, [given.memberToken, kept.memberToken]);
  const room = member?.room ?? host?.room;
  if (room) return { room, keys: { hostToken: host?.token, memberToken: member?.token, fingerprint } };
  const open = await knock();
  if (open?.passwordProtected) {
    const password = await askPassword(parts, { hubUrl, room: open, given: given.password, fingerprint });
    return password === undefined ? undefined : { room: open, keys: { password, fingerprint } };
  }
  if (open) return { room: open, keys: { fingerprint } };
  const hub = await parts.access.openHub(hubUrl, { fingerprint });
  const problem = given.memberToken === undefined ? undefined : describeError(wrongKey());
  return askKey({ hub, roomCode, knock, password: given.password ?? kept.password, fingerprint, problem });
}

/** What was kept is shown to the hub that it was got from, by its certificate, and to no other. */
async function keptKeys({ secrets }: RoomParts, { hubUrl, roomCode, given }: RoomWanted) {
  const kept: RoomKeys = await secrets.keys(hubUrl, roomCode);
  const fingerprint = given.fingerprint ?? kept.fingerprint;
  return { kept: kept.fingerprint === fingerprint ? kept : {}, fingerprint };
}

type Knock = (token?: string, signal?: AbortSignal) => Promise<RoomSummary | undefined>;

interface KeyQuestion {
  readonly hub: HubClient;
  readonly roomCode: string;
  readonly knock: Knock;
  readonly password: string | undefined;
  readonly fingerprint: string | undefined;
  /** Why it is asked, where something was given. */
  readonly problem: string | undefined;
}

async function askKey(question: KeyQuestion): Promise<UnlockedRoom | undefined> {
  const { password } = question;
  let { problem } = question;
  if (password !== undefined) {
    try {
      return await openWith(question, password);
    } catch (error) {
      if (!(error instanceof HumanError) || !/^(WRONG_PASSWORD|UNAUTHORIZED)$/.test(error.code)) throw error;
      problem = error.message;
    }
  }
  return askText({
    title: `Join Room: ${toRowText(question.roomCode)}`,
    prompt: "This room is protected. Paste its invite link or key, or enter its password.",
    secret: true,
    problem,
    accept: (text, signal) => openWith(question, text, signal),
  });
}

/** @throws HumanError where the text opens nothing */
async function openWith(
  { hub, roomCode, knock, fingerprint }: KeyQuestion,
  text: string,
  signal?: AbortSignal,
): Promise<UnlockedRoom> {
  if (!text)
    throw new HumanError("INVALID_INPUT", "This room has a key.", "Ask its host for an invite link.");
  const token = tokenIn(text, roomCode) ?? (await hub.exchangePassword(roomCode, text, signal));
  const room = await knock(token, signal);
  if (!room) throw wrongKey();
  return { room, keys: { memberToken: token, fingerprint } };
}

function wrongKey(): HumanError {
  const hint = "It may have been changed: ask the room's host for a new invite link.";
  return new HumanError("UNAUTHORIZED", "That key does not open the room.", hint);
}

/** The key in an invite link, or the text where it is one; undefined for a password. */
function tokenIn(text: string, roomCode: string): string | undefined {
  const invite = readInvite(text);
  // Part of a key must not be tried as a password.
  if (!invite && looksLikeInvite(text)) {
    throw new HumanError("BAD_INVITE", "This invite link is cut off or damaged.", "Copy it whole.");
  }
  if (!invite) return keyPattern.test(text) ? text : undefined;
  if (invite.roomCode === roomCode && invite.memberToken) return invite.memberToken;
  const hint = "Run Join Room again, choose Change hub, and paste it there.";
  throw new HumanError("INVALID_INPUT", "That invite is for another room.", hint);
}

async function firstThatOpens(knock: Knock, tokens: readonly (string | undefined)[]) {
  for (const token of new Set(tokens)) {
    const room = token === undefined ? undefined : await knock(token);
    if (room) return { token, room };
  }
  return undefined;
}

/** Undefined where a key is missing, or does not fit. */
async function whereLetIn(asking: Promise<RoomSummary>): Promise<RoomSummary | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof HumanError && error.code === "UNAUTHORIZED") return undefined;
    throw error;
  }
}
