import { z } from "zod";
import { MAX_TEXT_LENGTH } from "./constants";
import { normaliseRoomCode, tokenSchema } from "./room";

/** Of hubs of ours, which alone have invites: a shorter one was cut off, base64url characters. */
const TOKEN_LENGTH = 43;

/** A certificate's SHA-256 fingerprint as Node and browsers write it: 32 pairs of hex digits with colons. */
export const fingerprintSchema = z.string().regex(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);

export const inviteSchema = z.object({
  /** Base URL. */
  hubUrl: z.url({ protocol: /^https?$/ }).max(2_000),
  roomCode: z.string().min(1).max(MAX_TEXT_LENGTH).transform(normaliseRoomCode),
  /** Of a protected room: it lets its reader in. */
  memberToken: tokenSchema.min(TOKEN_LENGTH).optional(),
  /** Of the hub's own certificate, where no authority vouches for it. */
  fingerprint: fingerprintSchema.optional(),
});

/** All that a teammate needs to come into a room. With a member token it is a secret: never logged, never in a file. */
export type Invite = z.infer<typeof inviteSchema>;

/** The extension's id, to which VS Code hands the link. */
const INVITE_AUTHORITY = "llm-rooms.llm-rooms";
/** No invite is longer, UTF-16 units. */
const MAX_INVITE_LENGTH = 4_000;
/** Of a text that was pasted so much is looked through, UTF-16 units. */
const MAX_TEXT_AROUND = 8_000;

/** The link. @param scheme of the editor that shall open it, `vscode` or a relative of it. */
export function writeInvite(
  { hubUrl, roomCode, memberToken, fingerprint }: Invite,
  scheme = "vscode",
): string {
  const query = new URLSearchParams({ hub: hubUrl, room: roomCode });
  if (memberToken !== undefined) query.set("token", memberToken);
  // Without colons: it is long enough as it is.
  if (fingerprint !== undefined) query.set("fingerprint", fingerprint.replaceAll(":", ""));
  return `${scheme}://${INVITE_AUTHORITY}/join?${query}`;
}

/**
 * What a link holds, whatever its scheme, also where it was copied with quotes or words around it, or out of a page's source;
 * undefined where it is no invite, or not a whole one.
 */
export function readInvite(text: string): Invite | undefined {
  const url = findLink(text);
  const get = (name: string) => url?.searchParams.get(name) ?? undefined;
  const fingerprint = get("fingerprint")?.toUpperCase().replaceAll(":", "");
  return inviteSchema.safeParse({
    hubUrl: get("hub"),
    roomCode: get("room"),
    memberToken: get("token"),
    fingerprint: fingerprint && (fingerprint.match(/../g) ?? []).join(":"),
  }).data;
}

/** It was meant as an invite; where `readInvite` finds none it was cut off, or damaged. */
export function looksLikeInvite(text: string): boolean {
  return text.includes(INVITE_AUTHORITY) || /:\/\/[^\s/]*\/join\b/i.test(text.slice(0, MAX_TEXT_AROUND));
}

/** A link ends where no URL goes on: at a space, a quote or a bracket that stood around it. */
const link = /[a-z][a-z\d+.-]{0,30}:\/\/[^\s/]+\/join\?[^\s"'`<>‹›«»“”‘’„]+/i;

function findLink(text: string): URL | undefined {
  const found = link.exec(text.slice(0, MAX_TEXT_AROUND))?.[0];
  // What ends a sentence, or a link in Markdown, is in no invite.
  const whole = found?.replaceAll("&amp;", "&").replace(/[.,;:!?*)\]}]+$/, "");
  // It ends in the midst of a parameter's name: what stood there may have been the key.
  if (whole === undefined || whole.length > MAX_INVITE_LENGTH || /[?&][^=&]*$/.test(whole)) return undefined;
  return URL.canParse(whole) ? new URL(whole) : undefined;
}
