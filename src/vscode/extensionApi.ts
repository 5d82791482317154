import type { RoomConnection } from "./room/roomConnection";
import type { ShareChoice } from "./sharing/shareChoice";
import type { Shares } from "./sharing/shares";

/** What tests inside the extension host see; other extensions get nothing. */
export interface ExtensionApi {
  readonly connection: RoomConnection;
  readonly shares: Shares;
  /** What "Share Model" does after the user's confirmation. */
  share(choice: ShareChoice): Promise<"shared" | "elsewhere">;
}
