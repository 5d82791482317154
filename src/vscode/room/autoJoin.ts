import * as vscode from "vscode";
import { defaultNickname } from "../../client/defaultNickname";
import { Backoff } from "../../common/backoff";
import { systemClock, wait } from "../../common/clock";
import { HumanError } from "../../common/humanError";
import { autoJoinTarget } from "./autoJoinTarget";
import { reviveLocalHub } from "./localHub";
import type { JoinTarget } from "./roomConnection";
import type { RoomParts } from "./roomParts";

/** A hub that is not up yet when VS Code starts is asked again this often, ms. */
const RETRY_MIN_MS = 4_000;
const RETRY_MAX_MS = 60_000;

/** Comes back to the window's room at the start, and goes on trying while only the hub is missing. */
export function registerAutoJoin(parts: RoomParts): vscode.Disposable {
  const ended = new AbortController();
  run(parts, ended.signal).catch((error) => parts.log.error(error));
  return new vscode.Disposable(() => ended.abort());
}

async function run(parts: RoomParts, signal: AbortSignal): Promise<void> {
  const target = configuredTarget(parts);
  if (!target) return;
  parts.log.info(`Joining room ${target.roomCode} at ${target.hubUrl} at the start.`);
  const backoff = new Backoff({ minMs: RETRY_MIN_MS, maxMs: RETRY_MAX_MS });
  for (let quiet = false; !signal.aborted; quiet = true) {
    if (await tryJoin(parts, target, quiet)) return;
    await wait(systemClock, backoff.nextMs(), signal);
    // Someone chose another room, left, or retried by hand meanwhile: theirs counts.
    if (parts.connection.state.state !== "failed" || parts.connection.target?.roomCode !== target.roomCode)
      return;
  }
}

/** Whether there is nothing left to try. The failure itself shows in the view and the status bar. */
async function tryJoin(parts: RoomParts, target: JoinTarget, quiet: boolean): Promise<boolean> {
  const { state } = parts.connection;
  try {
    await reviveLocalHub(parts, target.hubUrl);
    // A hub takes seconds to start, in which the user may have gone elsewhere, by an invite link for one.
    if (parts.connection.state !== state) {
      parts.log.info(`Room ${target.roomCode} is not joined at the start: another one was chosen meanwhile.`);
      return true;
    }
    if (await parts.connection.join(target, { quiet })) await parts.memory.rememberJoined(target);
    return true;
  } catch (error) {
    if (!(error instanceof HumanError)) throw error;
    parts.log.warn(`Joining at the start: ${error.code}: ${error.message}`);
    return error.code !== "HUB_UNREACHABLE" && error.code !== "TIMED_OUT";
  }
}

function configuredTarget({ settings, memory, log }: RoomParts): JoinTarget | undefined {
  try {
    const remembered = memory.room;
    const configured = {
      hubUrl: settings.hubUrl.value,
      roomCode: settings.roomCode.value,
      nickname: settings.nickname.value || defaultNickname(),
    };
    return autoJoinTarget({
      autoJoin: settings.autoJoin.value,
      remembered,
      sameSession: remembered !== undefined && memory.isSameSession(remembered),
      configured,
      configuredWasLeft: memory.wasLeft(configured.hubUrl, configured.roomCode),
    });
  } catch (error) {
    // A setting out of range stops no window from starting; Join Room shows it.
    log.warn(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}
