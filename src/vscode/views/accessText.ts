import type { Access } from "../../protocol/room";

/** Who can come into the room, in a word; empty on a hub that knows one kind only. */
export function accessText(access: Access | undefined): string {
  return access ?? "";
}

/** The same as a sentence, for a tooltip. */
export function accessSentence(access: Access | undefined, isHost: boolean): string[] {
  const host = isHost ? ["You are its host"] : [];
  if (access === "protected") return ["Protected: only whoever has its key comes in", ...host];
  if (access === "open") return ["Open: whoever reaches the hub comes in", ...host];
  return host;
}
