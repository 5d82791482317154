import { join } from "node:path";
import * as vscode from "vscode";
import { z } from "zod";
import type { HubClient } from "../../client/hubClient";
import { HumanError } from "../../common/humanError";
import { MAX_TEXT_LENGTH } from "../../protocol/constants";
import type { RoomSummary } from "../../protocol/room";
import { askText } from "../askText";
import { registerCommand } from "../registerCommand";
import { toRowText } from "../views/plainText";
import { chooseNickname, enterRoom } from "./joinRoom";
import { lanAddress } from "./lanAddress";
import { localHubPort } from "./localHubPort";
import type { RoomParts } from "./roomParts";
import { startHub } from "./startHub";

const argsSchema = z
  .object({
    /** Make the room on this hub rather than on one of this machine. */
    hubUrl: z.string(),
    name: z.string(),
    password: z.string(),
    reach: z.enum(["machine", "lan"]),
    nickname: z.string(),
  })
  .partial()
  .catch({});
type HostArgs = z.infer<typeof argsSchema>;

/** "Host Room": a hub on this machine (one that runs already is used), a room in it, and the code to hand out. */
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
  const hub = await findHub(parts, args);
  if (!hub) return false;
  const { room } = await hub.createRoom({ name, ...(password && { password }) });
  parts.log.info(`Made room ${room.code} at ${hub.hubUrl}.`);
  const { hubUrl } = hub;
  if (!(await enterRoom(parts, { hubUrl, room, nickname, password }))) return false;
  // Not awaited: the room is open, the offer may stay as long as it likes.
  offerCode(room, hubUrl).catch((error) => parts.log.error(error));
  return true;
}

/** The hub that was asked for, one that runs on this machine, or a new one; undefined where the user pressed Esc. */
async function findHub({ access, context, log, settings }: RoomParts, args: HostArgs) {
  if (args.hubUrl) return access.openHub(args.hubUrl);
  const port = localHubPort(settings.hubUrl.value);
  const running = await access.openHub(`http://127.0.0.1:${port}`);
  if (await answers(running)) return running;
  const reach = args.reach ?? (await askReach());
  if (!reach) return undefined;
  const { url, pid } = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Window, title: "Starting a hub" },
    () =>
      startHub({
        cliPath: join(context.extensionPath, "dist", "cli.js"),
        host: reach === "lan" ? "0.0.0.0" : "127.0.0.1",
        preferredPort: port,
        logFolder: context.logUri.fsPath,
      }),
  );
  log.info(
    `Started a hub at ${url} (process ${pid}), ${reach === "lan" ? "for the local network" : "for this machine only"}.`,
  );
  return access.openHub(url);
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
    prompt: "Whoever shares a model in the room needs it. Leave it empty for none.",
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
        detail: "Teammates too. Not encrypted: whoever reads the network reads the prompts.",
        reach: "lan" as const,
      },
    ],
    { title: "Host Room: Who can reach it?", ignoreFocusOut: true },
  );
  return item?.reach;
}

async function offerCode(room: RoomSummary, hubUrl: string): Promise<void> {
  const lan = await lanAddress(hubUrl);
  const where = lan ? ` Teammates join at ${lan}.` : "";
  const [code, endpoint, address] = ["Copy Code", "Copy OpenAI Endpoint", "Copy Hub Address"];
  const chosen = await vscode.window.showInformationMessage(
    `Room ${toRowText(room.name)} is open. Its code is ${room.code}.${where}`,
    ...(lan ? [code, endpoint, address] : [code, endpoint]),
  );
  if (chosen === code) await vscode.commands.executeCommand("llmRooms.copyRoomCode");
  if (chosen === endpoint) await vscode.commands.executeCommand("llmRooms.copyOpenAiEndpoint");
  if (chosen === address && lan) await vscode.env.clipboard.writeText(lan);
}
