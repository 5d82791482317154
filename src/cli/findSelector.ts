import type { HubClient } from "../client/hubClient";
import { HumanError } from "../common/humanError";
import { parseSelector } from "../protocol/inference";
import { printable } from "./terminal";

/** Before an id, which else could be somebody's nickname as well. */
const ID_PREFIX = "id:";

/**
 * The selector for whom a person named: as it is where it is one, else the id of whoever has that nickname, in any case.
 * @throws HumanError where it means several: whoever took a person's name for an id or a model must not be asked in their place
 */
export async function findSelector(
  hub: Pick<HubClient, "listParticipants">,
  roomCode: string,
  name: string,
  signal: AbortSignal,
): Promise<string> {
  if (parseSelector(name).kind !== "participantOrModel") return name;
  const participants = await hub.listParticipants(roomCode, signal);
  const exact = participants.find(({ id }) => name === `${ID_PREFIX}${id}`);
  if (exact) return exact.id;
  const selected = participants.filter(({ id, model }) => id === name || model === name);
  const named = participants.filter(({ nickname }) => nickname.toLowerCase() === name.toLowerCase());
  if (selected.length > 0 && named.every((each) => selected.includes(each))) return name;
  if (selected.length === 0 && named.length <= 1) return named[0]?.id ?? name;
  const meant = [...new Set([...named, ...selected])];
  const choices = meant
    .map(({ id, nickname, model }) => `  ${ID_PREFIX}${id}  ${nickname}  ${model}`)
    .join("\n");
  throw new HumanError(
    "INVALID_INPUT",
    `${printable(name)} may mean ${meant.length} participants.`,
    `Give one's id:\n${printable(choices)}`,
  );
}
