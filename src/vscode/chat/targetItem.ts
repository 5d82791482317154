import type { TargetOption } from "../../protocol/panel";
import { escapeIcons, toRowText } from "../views/plainText";

const iconOf: Record<TargetOption["status"], string> = {
  online: "$(pass)",
  busy: "$(sync)",
  offline: "$(circle-slash)",
};

/** A line of the list of those who can be asked; names and models are what strangers wrote. */
export function targetItem(option: TargetOption) {
  const { status, label, isMine, kind, model, detail } = option;
  const about = kind === "participant" ? `${toRowText(model)} · ${status}` : detail;
  return {
    label: `${iconOf[status]} ${escapeIcons(toRowText(label))}${isMine ? " (you)" : ""}`,
    description: escapeIcons(about),
    option,
  };
}
