import type { HubClient } from "../client/hubClient";
import { HumanError } from "../common/humanError";
import { parseSelector } from "../protocol/inference";
import { printable } from "./terminal";

/**
 * The selector for whom a person named: as it is where it is one, else the id of whoever has that nickname, in any case.
 * @throws HumanError where several have it
 */
export async function findSelector(
  hub: HubClient,
  roomCode: string,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  if (parseSelector(name).kind !== "participantOrModel") return name;
  const participants = await hub.listParticipants(roomCode, signal);
  if (participants.some(({ id, model }) => id === name || model === name)) return name;
  const named = participants.filter(({ nickname }) => nickname.toLowerCase() === name.toLowerCase());
  if (named.length <= 1) return named[0]?.id ?? name;
  const choices = named.map(({ id, model }) => `  ${id}  ${model}`).join("\n");
  throw new HumanError(
    "INVALID_INPUT",
    `${named.length} participants are called ${printable(name)}.`,
    `Give one's id:\n${printable(choices)}`,
  );
}
