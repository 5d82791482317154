import { type Invite, looksLikeInvite } from "../../protocol/invite";
import { askText } from "../askText";
import { parseInvite } from "./openInvite";
import type { RoomParts } from "./roomParts";

/** Asks for a hub's address until one answers there, or for an invite link; undefined where the user pressed Esc. */
export function askHub(
  { access, secrets }: RoomParts,
  value: string,
  problem?: string,
): Promise<string | Invite | undefined> {
  return askText<string | Invite>({
    title: "Join Room: Hub",
    prompt: "Address of your team's hub, or an invite link",
    placeholder: "http://localhost:5567",
    value,
    problem,
    accept: async (text, signal) => {
      if (looksLikeInvite(text)) return parseInvite(text);
      const hub = await access.openHub(text, { fingerprint: await knownFingerprint(text) });
      await hub.health(signal);
      return hub.hubUrl;
    },
  });

  async function knownFingerprint(text: string): Promise<string | undefined> {
    return secrets.fingerprint((await access.openHub(text)).hubUrl);
  }
}
