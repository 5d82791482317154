import type { Settings } from "../settings";
import { toRowText } from "../views/plainText";

type Sharing = Pick<Settings, "shareOnStartup" | "shareEndpoint" | "shareModel">;

/** What whoever is to join a room must know: that a model goes with them. @throws HumanError where a setting is out of range */
export function sharedAtOnce({ shareOnStartup, shareEndpoint, shareModel }: Sharing): string | undefined {
  const model = shareModel.value;
  if (!shareOnStartup.value || !shareEndpoint.value || !model) return undefined;
  return `Your model ${toRowText(model)} is shared in it at once, as llmRooms.share.onStartup says.`;
}
