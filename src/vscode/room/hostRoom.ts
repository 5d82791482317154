import * as vscode from "vscode";
import { z } from "zod";
import type { HubClient } from "../../client/hubClient";
import { HumanError } from "../../common/humanError";
import { MAX_TEXT_LENGTH } from "../../protocol/constants";
import { hubHas } from "../../protocol/hubFeatures";
import { accessSchema, type RoomSummary } from "../../protocol/room";
import { askText } from "../askText";
import { registerCommand } from "../registerCommand";
import { showInformation } from "../showMessage";
import { toRowText } from "../views/plainText";
import { chooseNickname, enterRoom } from "./joinRoom";
import { lanAddress } from "./lanAddress";
import { knownHub, startLocalHub } from "./localHub";
import { localHubPort } from "./localHubPort";
import type { RoomParts } from "./roomParts";

const argsSchema = z
  .object({
    /** Make the room on this hub rather than on one of this machine. */
    hubUrl: z.string(),
    name: z.string(),
    password: z.string(),
    reach: z.enum(["machine", "lan"]),
    nickname: z.string(),
    /** Default: protected, where the hub knows that. */
    access: accessSchema,
  })
  .partial()
  .catch({});
type HostArgs = z.infer<typeof argsSchema>;

/** "Host Room": a hub on this machine (one that runs already is used), a room in it, and the invite to hand out. */
export function registerHostRoom(parts: RoomParts): vscode.Disposable {
  return registerCommand("llmRooms.hostRoom", parts.log, (args) =>
    hostRoom(parts, argsSchema.parse(args ?? {})),
  );
}

async function hostRoom(parts: RoomParts, args: HostArgs): Promise<boolean> {
  const name = args.name ?? (await askName());
  if (name === undefined) return false;
  const password = args.password ?? (await askNewPassword());
  if (password === undefined) return false;
  const nickname = args.nickname ?? (await chooseNickname(parts));
  if (nickname === undefined) return false;
  const found = await findHub(parts, args);
  if (!found) return false;
  const { hub, fingerprint } = found;
  const { hubUrl } = hub;
  // A plain Gambi hub knows open rooms only, and need not be asked for another kind.
  const access = hubHas((await hub.health()).hub?.features, "access")
    ? (args.access ?? "protected")
    : undefined;
  // Before the room is made: one that its maker does not enter would stay, with nobody who could close it.
  if (!(await parts.endSharing(`Host ${toRowText(name)}?`))) return false;
  const made = await hub.createRoom({ name, ...(password && { password }), ...(access && { access }) });
  const { room, hostToken, memberToken } = made;
  parts.log.info(`Made room ${room.code} at ${hubUrl}.`);
  const keys = { hostToken, memberToken, fingerprint, ...(password && { password }) };
  if (!(await enterRoom(parts, { hubUrl, room, nickname, keys }))) return false;
  // Not awaited: the room is there, the offer may stay as long as it likes.
  offerInvite(room, hubUrl).catch((error) => parts.log.error(error));
  return true;
}

interface FoundHub {
  readonly hub: HubClient;
  readonly fingerprint: string | undefined;
}

/** The hub that was asked for, one that runs on this machine, or a new one; undefined where the user pressed Esc. */
async function findHub(parts: RoomParts, args: HostArgs): Promise<FoundHub | undefined> {
  const { access, settings } = parts;
  if (args.hubUrl) return openKnown(parts, args.hubUrl);
  const port = localHubPort(settings.hubUrl.value);
  for (const url of new Set([knownHub(parts)?.url, `http://127.0.0.1:${port}`])) {
    const running = url === undefined ? undefined : await openKnown(parts, url);
    if (running && (await answers(running.hub))) return running;
  }
  const reach = args.reach ?? (await askReach());
  if (!reach) return undefined;
  const { url, fingerprint } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Starting a hub" },
    () => startLocalHub(parts, { reach, port, samePort: false }),
  );
  return { hub: await access.openHub(url, { fingerprint }), fingerprint };
}

async function openKnown({ access, secrets }: RoomParts, text: string): Promise<FoundHub> {
  const { hubUrl } = await access.openHub(text);
  const fingerprint = await secrets.fingerprint(hubUrl);
  return { hub: await access.openHub(hubUrl, { fingerprint }), fingerprint };
}

async function answers(hub: HubClient): Promise<boolean> {
  try {
    await hub.health();
    return true;
  } catch (error) {
    if (error instanceof HumanError) return false;
    throw error;
  }
}

function askName(): Promise<string | undefined> {
  return askText({
    title: "Host Room: Name",
    prompt: "What teammates see in the list of rooms",
    value: "Team",
    accept: (text) => {
      if (text && text.length <= MAX_TEXT_LENGTH) return text;
      throw new HumanError(
        "INVALID_INPUT",
        "A room needs a name.",
        `Of at most ${MAX_TEXT_LENGTH} characters.`,
      );
    },
  });
}

function askNewPassword(): Promise<string | undefined> {
  return askText({
    title: "Host Room: Password",
    prompt:
      "With it and the room's code teammates can join without an invite link; at an encrypted hub they need the link once. Leave it empty for none.",
    secret: true,
    accept: (text) => {
      if (text.length <= MAX_TEXT_LENGTH) return text;
      throw new HumanError("INVALID_INPUT", "That is too long.", `At most ${MAX_TEXT_LENGTH} characters.`);
    },
  });
}

async function askReach(): Promise<HostArgs["reach"]> {
  const item = await vscode.window.showQuickPick(
    [
      {
        label: "$(device-desktop) This machine only",
        detail: "VS Code and other programs here. Nobody else reaches the hub.",
        reach: "machine" as const,
      },
      {
        label: "$(globe) The local network",
        detail: "Teammates too, encrypted: the invite link names the hub's own certificate.",
        reach: "lan" as const,
      },
    ],
    { title: "Host Room: Who can reach it?", ignoreFocusOut: true },
  );
  return item?.reach;
}

async function offerInvite(room: RoomSummary, hubUrl: string): Promise<void> {
  const lan = await lanAddress(hubUrl);
  const here = /^https?:\/\/(127\.|localhost|\[::1\])/.test(hubUrl) && !lan;
  const where = here ? " Only this machine reaches its hub." : "";
  const who =
    room.access === "protected"
      ? "Teammates come in by its invite link."
      : `Its code is ${room.code}, and whoever reaches the hub can come in.`;
  const [invite, code] = ["Copy Invite Link", "Copy Code"];
  const chosen = await showInformation(`Room ${toRowText(room.name)} is ready. ${who}${where}`, invite, code);
  if (chosen === invite) await vscode.commands.executeCommand("llmRooms.copyInvite");
  if (chosen === code) await vscode.commands.executeCommand("llmRooms.copyRoomCode");
}
