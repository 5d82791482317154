import * as vscode from "vscode";
import { normaliseHubUrl } from "../../client/hubUrl";
import { HumanError } from "../../common/humanError";
import { type Invite, readInvite } from "../../protocol/invite";
import { reportError } from "../showError";
import { inviteText } from "./inviteText";
import type { RoomParts } from "./roomParts";
import { sharedAtOnce } from "./sharedAtOnce";

/** Links to `…/join?…` that VS Code hands over, from a browser or a chat. Nothing is sent anywhere before the user agrees. */
export function registerInviteLinks(parts: RoomParts): vscode.Disposable {
  return vscode.window.registerUriHandler({
    handleUri: async ({ scheme, authority, path, query }) => {
      try {
        // Put together by hand: a Uri's own text encodes the query once more.
        const invite = parseInvite(`${scheme}://${authority}${path}?${query}`);
        await vscode.commands.executeCommand("llmRooms.joinRoom", { invite });
      } catch (error) {
        reportError(error, parts.log);
      }
    },
  });
}

/** @throws HumanError without a word of the link: it may hold a secret, or what a stranger would like to be shown */
export function parseInvite(link: string): Invite {
  const invite = readInvite(link);
  if (!invite) throw noInvite("cut off or damaged");
  const { protocol } = new URL(invite.hubUrl);
  if (invite.fingerprint && protocol !== "https:") throw noInvite("contradictory about its encryption");
  try {
    return { ...invite, hubUrl: normaliseHubUrl(invite.hubUrl) };
  } catch {
    throw noInvite("without a hub's address that can be used"); // The reason would quote the link.
  }
}

/** Shows where an invite leads, and asks. */
export async function confirmInvite({ secrets, settings }: RoomParts, invite: Invite): Promise<boolean> {
  const known = await secrets.fingerprint(invite.hubUrl);
  const { title, detail, button } = inviteText(invite, known, sharedAtOnce(settings));
  return (await vscode.window.showInformationMessage(title, { modal: true, detail }, button)) === button;
}

function noInvite(what: string): HumanError {
  const hint = "Copy it whole, or ask the room's host, or any teammate in it, for a new one.";
  return new HumanError("BAD_INVITE", `This invite link is ${what}.`, hint);
}
