import type { Invite } from "../../protocol/invite";
import { toRowText } from "../views/plainText";

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;
/** Enough of a fingerprint to compare by eye, pairs of digits. */
const SHOWN_PAIRS = 8;

const changed =
  "CAUTION: the hub had another certificate so far. Either it was set up anew, or the link leads to somebody else: ask its host before you join.";

/**
 * What a person agrees to by an invite: where to, how safely, and what the others get to see.
 * @param known the fingerprint that this hub's certificate had so far
 * @param shared of sharedAtOnce()
 */
export function inviteText(
  invite: Invite,
  known?: string,
  shared = "Nothing of yours is shared until you share a model.",
): { title: string; detail: string; button: string } {
  const { host } = new URL(invite.hubUrl);
  return {
    title: `Join room ${toRowText(invite.roomCode)}?`,
    detail: [
      `Hub: ${host}`,
      `Room: ${toRowText(invite.roomCode)}, ${invite.memberToken ? "protected: this link is the key to it" : "open to everyone who reaches the hub"}`,
      `Connection: ${connectionText(invite)}`,
      ...(known && invite.fingerprint && known !== invite.fingerprint ? ["", changed] : []),
      "",
      `${shared} Your nickname, and the prompts that you send in this room, go to this hub and to whoever answers them: join only if you trust who sent you the link.`,
    ].join("\n"),
    button: "Join Room",
  };
}

function connectionText({ hubUrl, fingerprint }: Invite): string {
  const { protocol, hostname } = new URL(hubUrl);
  if (protocol === "https:" && fingerprint) {
    const pairs = fingerprint.split(":").slice(0, SHOWN_PAIRS).join(":");
    return `encrypted, and only with the certificate that the link names (${pairs}…)`;
  }
  if (protocol === "https:") return "encrypted, with a certificate that this machine has to trust already";
  if (loopback.test(hostname)) return "on this machine";
  return "NOT ENCRYPTED: whoever reads the network reads prompts, answers and the room's key";
}
