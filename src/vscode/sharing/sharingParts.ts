import type { RoomParts } from "../room/roomParts";
import type { ProviderKeys } from "./providerKeys";
import type { ShareMemory } from "./shareMemory";
import type { Shares } from "./shares";

/** What the commands around sharing work with. */
export interface SharingParts extends Omit<RoomParts, "endSharing" | "reconnectShares"> {
  readonly shares: Shares;
  readonly shareMemory: ShareMemory;
  readonly providerKeys: ProviderKeys;
}
