import { join } from "node:path";
import * as vscode from "vscode";
import { z } from "zod";
import { HumanError } from "../../common/humanError";
import type { RoomParts } from "./roomParts";
import { type StartedHub, startHub } from "./startHub";

/** Who can reach a hub: programs of this machine, or the local network. */
export type Reach = "machine" | "lan";

const localHubKey = "localHub";
const localHubSchema = z.object({ url: z.url(), reach: z.enum(["machine", "lan"]) });
export type KnownHub = z.infer<typeof localHubSchema>;

/** The hub that "Host Room" started on this machine, if any; it may have ended meanwhile. */
export function knownHub({ context }: RoomParts): KnownHub | undefined {
  return localHubSchema.safeParse(context.globalState.get(localHubKey)).data;
}

/** Starts a hub whose rooms are kept, and notes it, so that it can be started again. @throws HumanError */
export async function startLocalHub(
  { context, log, secrets }: RoomParts,
  { reach, port, samePort }: { reach: Reach; port: number; samePort: boolean },
): Promise<StartedHub> {
  const hub = await startHub({
    cliPath: join(context.extensionPath, "dist", "cli.js"),
    host: reach === "lan" ? "0.0.0.0" : "127.0.0.1",
    // What leaves the machine is encrypted; the certificate's fingerprint goes into the invite.
    tls: reach === "lan",
    preferredPort: port,
    samePort,
    dataFolder: join(context.globalStorageUri.fsPath, "hub"),
    logFolder: context.logUri.fsPath,
  });
  const whom = reach === "lan" ? "the local network" : "this machine only";
  log.info(`Started a hub at ${hub.url} (process ${hub.pid}), for ${whom}.`);
  await context.globalState.update(localHubKey, { url: hub.url, reach } satisfies KnownHub);
  if (hub.fingerprint !== undefined) await secrets.rememberHub(hub.url, hub.fingerprint);
  return hub;
}

/**
 * Where the room lives on this machine's own hub and that has ended (it does when nobody is there, or with the machine), starts
 * it again at the same place with the same rooms, so that teammates find it. Never rejects: joining says what is missing.
 */
export async function reviveLocalHub(parts: RoomParts, hubUrl: string): Promise<void> {
  const known = knownHub(parts);
  if (known?.url !== hubUrl || !(await isGone(parts, hubUrl))) return;
  try {
    const port = Number(new URL(hubUrl).port);
    await vscode.window.withProgress(
      { location: vscode.ProgressLocation.Window, title: "Starting the room's hub again" },
      () => startLocalHub(parts, { reach: known.reach, port, samePort: true }),
    );
  } catch (error) {
    // Another window may have been quicker: then it is there now.
    parts.log.warn(
      `The hub was not started again: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function isGone({ access, secrets }: RoomParts, hubUrl: string): Promise<boolean> {
  try {
    const hub = await access.openHub(hubUrl, { fingerprint: await secrets.fingerprint(hubUrl) });
    await hub.health();
    return false;
  } catch (error) {
    if (error instanceof HumanError) return error.code === "HUB_UNREACHABLE";
    throw error;
  }
}
