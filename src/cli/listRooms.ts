import type { RoomSummary } from "../protocol/room";
import { type HubTarget, openHub } from "./findHub";
import { type KeptRoom, KeptSecrets } from "./keptSecrets";
import type { Terminal } from "./terminal";

/** Of the protected rooms that were made here so many are asked for. */
const MAX_KEPT = 50;

/** The hub's rooms that one may see: the open ones, the token's, and those made in this terminal. */
export async function listRooms(
  { env, ended }: Terminal,
  target: HubTarget,
  token?: string,
): Promise<RoomSummary[]> {
  const secrets = new KeptSecrets(env);
  const [listed, kept] = await Promise.all([
    openHub(target, token).listRooms(ended),
    secrets.roomsOf(target.hubUrl),
  ]);
  const unlisted = kept.filter(({ code }) => !listed.some((room) => room.code === code));
  const own = await Promise.all(unlisted.slice(0, MAX_KEPT).map((room) => ask(target, room, ended)));
  return [...listed, ...own.filter((room) => room !== undefined)];
}

/**
 * Undefined where the hub does not know the room any more. Asked by the list of rooms, which shows it to its token: of
 * tokens that open nothing a hub soon has enough.
 */
async function ask(target: HubTarget, kept: KeptRoom, signal: AbortSignal): Promise<RoomSummary | undefined> {
  const rooms = await openHub(target, kept.hostToken ?? kept.memberToken).listRooms(signal);
  return rooms.find(({ code }) => code === kept.code);
}
