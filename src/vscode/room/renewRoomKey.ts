import type { HubClient } from "../../client/hubClient";
import type { RoomParts } from "./roomParts";
import type { RoomKeys } from "./roomSecrets";

export interface HostedRoom {
  readonly hub: HubClient;
  readonly hubUrl: string;
  readonly code: string;
  /** With which this window is in it, the fingerprint of the hub's certificate among them. */
  readonly keys: RoomKeys;
}

/** Has the hub make a new key for the room, and keeps it. @throws HumanError */
export async function renewRoomKey(
  { secrets, connection }: Pick<RoomParts, "secrets" | "connection">,
  { hub, hubUrl, code, keys }: HostedRoom,
): Promise<void> {
  const memberToken = await hub.rotateMemberToken(code);
  // With the certificate of the hub that made it: another window may have taken an invite that names another one meanwhile.
  await secrets.remember(hubUrl, code, { ...keys, memberToken });
  await connection.renewKeys();
}
