import type { ParticipantInfo, ParticipantStatus } from "../../protocol/participant";
import { toRowText } from "./plainText";
import { gpuText } from "./specsText";

/** What the tree shows of one participant; theme names only, so that it is tested without VS Code. */
export interface ParticipantRow {
  readonly label: string;
  readonly description: string;
  readonly icon: { readonly id: string; readonly color: string };
  /** Words that menus look for. */
  readonly contextValue: string;
  /** What a screen reader says of the row. */
  readonly accessibilityLabel: string;
}

export interface ParticipantRowInput {
  readonly participant: ParticipantInfo;
  readonly mine: boolean;
  /** Requests that this window serves with it at the moment. */
  readonly serving: number;
  /** This window shares it, and takes no requests at the moment. */
  readonly paused: boolean;
  /** The hub is lost: the row shows what was last known. */
  readonly stale: boolean;
}

const icons: Record<ParticipantStatus, { id: string; color: string }> = {
  online: { id: "circle-filled", color: "testing.iconPassed" },
  busy: { id: "sync~spin", color: "charts.yellow" },
  offline: { id: "circle-outline", color: "disabledForeground" },
};

export function participantRow(input: ParticipantRowInput): ParticipantRow {
  const { participant, mine, serving, paused, stale } = input;
  const label = toRowText(participant.nickname);
  const hardware = gpuText(participant.specs);
  const details = [
    // First, since a long model's name is cut off.
    ...(mine ? ["you"] : []),
    toRowText(participant.model),
    ...(hardware ? [toRowText(hardware)] : []),
    ...(paused ? ["paused"] : []),
    ...(serving > 0 ? [`serving ${serving}`] : []),
  ];
  const status = stale ? `last known ${participant.status}` : participant.status;
  return {
    label,
    description: details.join(" · "),
    icon: icon(input),
    contextValue: ["participant", participant.status, ...(mine ? ["mine"] : [])].join(" "),
    accessibilityLabel: [label, status, ...details].join(", "),
  };
}

/** The window's own row while it shares nothing. */
export function notSharingRow(nickname: string): ParticipantRow {
  const label = toRowText(nickname);
  return {
    label,
    description: "you · not sharing",
    icon: { id: "account", color: "disabledForeground" },
    contextValue: "notSharing",
    accessibilityLabel: `${label}, you, not sharing a model`,
  };
}

function icon({
  participant: { status },
  serving,
  paused,
  stale,
}: ParticipantRowInput): ParticipantRow["icon"] {
  if (stale) return staleIcon(status);
  // To others it is busy; its owner knows better, and nothing moves.
  if (paused && serving === 0) return { id: "debug-pause", color: "disabledForeground" };
  return icons[status];
}

/** Its shape still tells online from offline; its colour says that nobody knows. */
function staleIcon(status: ParticipantStatus): { id: string; color: string } {
  return { id: status === "offline" ? "circle-outline" : "circle-filled", color: "disabledForeground" };
}
