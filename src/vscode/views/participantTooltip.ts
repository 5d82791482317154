import type { LlmMetrics } from "../../protocol/events";
import type { ParticipantInfo, PublicConfig } from "../../protocol/participant";
import { escapeMarkdown } from "./plainText";
import { gigabytes } from "./specsText";
import { agoText, durationText } from "./timeText";

export interface ParticipantTooltipInput {
  readonly participant: ParticipantInfo;
  readonly mine: boolean;
  /** Since when it has its status, Unix ms. */
  readonly statusSince: number | undefined;
  readonly metrics: LlmMetrics | undefined;
  readonly stale: boolean;
  readonly now: number;
}

/** A Markdown table of all that is known of a participant. Every text of a stranger's is escaped. */
export function participantTooltip(input: ParticipantTooltipInput): string {
  const { participant, mine } = input;
  const title = `**${escapeMarkdown(participant.nickname) || "(no name)"}**${mine ? " (you)" : ""}`;
  const rows = [
    ["Status", statusText(input)],
    ...specRows(participant),
    ["Defaults", generationText(participant.config)],
    ["Requests", capacityText(participant.capacity)],
    ["Speed", speedText(input.metrics)],
    ["Last seen", lastSeenText(input)],
  ].filter(([, value]) => value);
  // The model is the table's head: a table without one starts with an empty row.
  const head = [`| Model | ${escapeMarkdown(participant.model)} |`, "| :-- | :-- |"];
  return [title, "", ...head, ...rows.map(([name, value]) => `| ${name} | ${value} |`)].join("\n");
}

function statusText({ participant, statusSince, stale, now }: ParticipantTooltipInput): string {
  const status = stale ? `${participant.status} when the hub was last heard` : participant.status;
  if (stale || statusSince === undefined) return status;
  return `${status} for ${durationText(now - statusSince)}`;
}

/** A hub tells changes, not heartbeats: of a participant that is there, the card's time is that of its last change. */
function lastSeenText({ participant, stale, now }: ParticipantTooltipInput): string {
  return participant.status !== "offline" && !stale ? "now" : agoText(participant.lastSeen, now);
}

function capacityText(capacity: number | undefined): string {
  if (capacity === undefined) return "";
  return capacity === 1 ? "one at a time" : `up to ${capacity} at once`;
}

function specRows({ specs }: ParticipantInfo): string[][] {
  return [
    ["GPU", specs.gpu === undefined ? "" : escapeMarkdown(specs.gpu)],
    ["VRAM", specs.vram === undefined ? "" : gigabytes(specs.vram)],
    ["CPU", specs.cpu === undefined ? "" : escapeMarkdown(specs.cpu)],
    ["RAM", specs.ram === undefined ? "" : gigabytes(specs.ram)],
  ];
}

function generationText({ hasInstructions, stop, ...numbers }: PublicConfig): string {
  const parts = Object.entries(numbers)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${escapeMarkdown(name)} ${value}`);
  if (stop && stop.length > 0)
    parts.push(`stop ${stop.map((text) => `“${escapeMarkdown(text)}”`).join(" ")}`);
  if (hasInstructions) parts.push("own instructions");
  return parts.join(", ");
}

function speedText(metrics: LlmMetrics | undefined): string {
  if (!metrics) return "";
  const firstToken = `first token after ${(metrics.ttftMs / 1_000).toFixed(1)} s`;
  if (metrics.tokensPerSecond === undefined) return firstToken;
  return `${metrics.tokensPerSecond.toFixed(1)} tokens/s, ${firstToken}`;
}
