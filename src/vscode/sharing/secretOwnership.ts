import type { Ownership } from "../../participant/ownership";
import type { SharingParts } from "./sharingParts";

/** What proves that a participant's id is this user's own, in VS Code's secret storage. */
export function secretOwnership(
  { context: { secrets }, log }: Pick<SharingParts, "context" | "log">,
  participantId: string,
): Ownership {
  const key = `participant:${participantId}`;
  const failed = (error: unknown) =>
    log.warn(`VS Code's secret storage failed: ${error instanceof Error ? error.message : String(error)}`);
  return {
    load: async () => {
      try {
        return await secrets.get(key);
      } catch (error) {
        failed(error);
        return undefined;
      }
    },
    save: async (token) => {
      try {
        await secrets.store(key, token);
      } catch (error) {
        failed(error);
      }
    },
  };
}
