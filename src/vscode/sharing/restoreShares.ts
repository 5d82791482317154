import type * as vscode from "vscode";
import { setRepeating, systemClock } from "../../common/clock";
import { DisposableStore } from "../../common/disposable";
import { HumanError } from "../../common/humanError";
import { isSameRoom } from "../room/isSameRoom";
import type { JoinTarget } from "../room/roomConnection";
import type { ShareChoice } from "./shareChoice";
import { ALIVE_INTERVAL_MS } from "./shareMemory";
import type { SharingParts } from "./sharingParts";
import { choiceId, readShownSpecs, startSharing } from "./startSharing";
import { waitForRelease } from "./windowLock";

/** The window as it was before a reload may take so long to let its models go, ms. */
const PREDECESSOR_TIMEOUT_MS = 8_000;

/**
 * Shares again what this window shared before a reload, and the model of `share.onStartup`, as soon as their room is
 * joined; and keeps the memory of that. Stops all when the room is left.
 */
export function registerRestoreShares(parts: SharingParts): vscode.Disposable {
  const { connection, shares, log } = parts;
  let roomOfShares: JoinTarget | undefined;
  const followRoom = () => {
    const { target, state } = connection;
    if (roomOfShares && !isSameRoom(roomOfShares, target)) {
      roomOfShares = undefined;
      stopInLeftRoom(parts).catch((error) => log.error(error));
    }
    if (state.state !== "joined" || !target || roomOfShares) return;
    roomOfShares = target;
    restore(parts, target).catch((error) => log.error(error));
  };
  const remember = () => {
    if (roomOfShares) note(parts, roomOfShares).catch((error) => log.error(error));
  };
  followRoom();
  const store = new DisposableStore();
  store.add(setRepeating(systemClock, () => shares.all.length > 0 && remember(), ALIVE_INTERVAL_MS));
  store.add(connection.onDidChangeState(followRoom));
  store.add(shares.onDidChange(remember));
  return store;
}

async function stopInLeftRoom({ shares, shareMemory }: SharingParts): Promise<void> {
  await shareMemory.forgetShared();
  await shares.stopAll();
}

async function note({ shares, shareMemory }: SharingParts, room: JoinTarget): Promise<void> {
  const choices = shares.all.map((shared) => shared.choice);
  if (choices.length === 0) return shareMemory.forgetShared();
  return shareMemory.rememberShared(room, { shares: choices, paused: shares.isPaused }, Date.now());
}

async function restore(parts: SharingParts, room: JoinTarget): Promise<void> {
  const before = parts.shareMemory.sharedBeforeReload(room, Date.now());
  const choices = before.shares.length > 0 ? before.shares : onStartup(parts);
  if (choices.length === 0) return;
  if (before.paused) parts.shares.setPaused(true);
  const specs = await readShownSpecs(parts);
  for (const choice of choices) {
    try {
      if (before.shares.length > 0) {
        // It may still be going; or it is another window of the same folder, in which the user ends the share just now.
        const name = choiceId(parts, room, choice);
        if ((await waitForRelease({ name, timeoutMs: PREDECESSOR_TIMEOUT_MS })) === "ended") continue;
      }
      if ((await startSharing(parts, room, choice, specs)) === "elsewhere") {
        parts.log.info(`Another window of yours shares ${choice.model}.`);
      }
    } catch (error) {
      // Nobody asked for it just now: the log is enough, and the Sharing view shows that nothing is shared.
      if (!(error instanceof HumanError)) throw error;
      parts.log.warn(`${choice.model} is not shared: ${error.message}`);
    }
  }
  // A model that is shared later was not meant by the pause.
  if (before.paused && parts.shares.all.length === 0) parts.shares.setPaused(false);
}

/** The model of the settings, if the user confirmed once that it may be shared. */
function onStartup({ settings, shareMemory }: SharingParts): readonly ShareChoice[] {
  if (!settings.shareOnStartup.value) return [];
  const choice = {
    endpoint: settings.shareEndpoint.value,
    model: settings.shareModel.value,
    providerName: settings.shareEndpoint.value,
  };
  return choice.endpoint && choice.model && shareMemory.isConfirmed(choice) ? [choice] : [];
}
