import { HumanError } from "../../common/humanError";
import type { ParticipantSessionOptions } from "../../participant/participantSession";
import type { MachineSpecs } from "../../protocol/participant";
import { isSameRoom } from "../room/isSameRoom";
import type { JoinTarget } from "../room/roomConnection";
import { shownSpecs } from "../settingRules";
import { installId } from "./installId";
import { participantId } from "./participantId";
import { secretOwnership } from "./secretOwnership";
import type { ShareChoice } from "./shareChoice";
import type { SharingParts } from "./sharingParts";

/** Loaded when somebody shares: reading the hardware is slow, and most windows never do. */
export async function readShownSpecs({ settings }: SharingParts): Promise<MachineSpecs> {
  const shown = settings.shareSpecs.value;
  if (shown.length === 0) return {};
  const { readMachineSpecs } = await import("../../participant/machineSpecs");
  return shownSpecs(await readMachineSpecs(), shown);
}

/** Shares a model that the user has confirmed for this room, and in no other. @throws HumanError, settings out of range included */
export async function startSharing(
  parts: SharingParts,
  room: JoinTarget,
  choice: ShareChoice,
  specs: MachineSpecs,
): Promise<"shared" | "elsewhere"> {
  const session = await sessionOptions(parts, room, choice, specs);
  // Last: from here on whoever leaves the room stops it.
  checkIsIn(parts, room);
  const result = await parts.shares.start(choice, session);
  if (result === "shared") parts.log.info(`Sharing ${choice.model} of ${choice.providerName}.`);
  return result;
}

/** Under this name a choice is known in the present room, to all windows of this user. */
export function choiceId(parts: SharingParts, target: JoinTarget, choice: ShareChoice): string {
  const { hubUrl, roomCode } = target;
  const { endpoint, model } = choice;
  const { fingerprint } = parts.connection.keys;
  const id = installId(parts.context.globalState);
  return participantId({ installId: id, hubUrl, fingerprint, roomCode, endpoint, model });
}

/** @throws HumanError where the user has left the room, or gone on to another one, while something was asked or waited for */
export function checkIsIn({ connection }: Pick<SharingParts, "connection">, room: JoinTarget): void {
  if (connection.state.state === "joined" && isSameRoom(room, connection.target)) return;
  const message = "You have left the room in which the model was to be shared.";
  throw new HumanError("SHARE_ENDED", message, "Share it in another one, if you like.");
}

export function notJoined(): HumanError {
  return new HumanError(
    "ROOM_NOT_FOUND",
    "A model is shared in a room, and you are in none.",
    "Join one first.",
  );
}

async function sessionOptions(
  parts: SharingParts,
  target: JoinTarget,
  choice: ShareChoice,
  specs: MachineSpecs,
): Promise<ParticipantSessionOptions> {
  const { settings, connection, providerKeys } = parts;
  const { keys } = connection;
  const id = choiceId(parts, target, choice);
  return {
    hubUrl: target.hubUrl,
    roomCode: target.roomCode,
    participantId: id,
    nickname: target.nickname,
    password: keys.password,
    memberToken: keys.memberToken ?? keys.hostToken,
    fingerprint: keys.fingerprint,
    ownership: secretOwnership(parts, id),
    endpoint: choice.endpoint,
    apiKey: await providerKeys.get(choice.endpoint),
    model: choice.model,
    specs,
    config: settings.shareGeneration,
    capacity: settings.shareMaxConcurrent.value,
    maxTokens: settings.shareMaxTokens.value,
  };
}
