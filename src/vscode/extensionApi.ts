import type { RoomConnection } from "./room/roomConnection";
import type { RoomSecrets } from "./room/roomSecrets";
import type { ShareChoice } from "./sharing/shareChoice";
import type { Shares } from "./sharing/shares";
import type { SharingParts } from "./sharing/sharingParts";
import { notJoined, readShownSpecs, startSharing } from "./sharing/startSharing";

/** What tests inside the extension host see; other extensions get nothing. */
export interface ExtensionApi {
  readonly connection: RoomConnection;
  readonly shares: Shares;
  readonly secrets: RoomSecrets;
  readonly isMine: (participantId: string) => boolean;
  /** What "Share Model" does after the user's confirmation. */
  share(choice: ShareChoice): Promise<"shared" | "elsewhere">;
}

export function makeExtensionApi(
  parts: SharingParts & Pick<ExtensionApi, "secrets" | "isMine">,
): ExtensionApi {
  const { connection, shares, secrets, isMine } = parts;
  const share = async (choice: ShareChoice) => {
    if (!connection.target) throw notJoined();
    return startSharing(parts, connection.target, choice, await readShownSpecs(parts));
  };
  return { connection, shares, secrets, isMine, share };
}
