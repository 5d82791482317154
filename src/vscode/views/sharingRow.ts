import type { ActiveRequest } from "../../participant/participantSession";
import type { Totals } from "../sharing/servedToday";
import { toOneLine, toRowText } from "./plainText";
import { agoText, durationText } from "./timeText";

export interface SharingRowInput {
  readonly model: string;
  readonly providerName: string;
  readonly state: "starting" | "sharing" | "reconnecting" | "stopped";
  /** Why it reconnects, where it does: the provider is away, not the hub. */
  readonly providerIsAway: boolean;
  readonly paused: boolean;
  readonly serving: number;
  readonly served: number;
}

export interface SharingRow {
  readonly label: string;
  readonly description: string;
  readonly icon: { readonly id: string; readonly color: string };
  readonly contextValue: string;
}

/** A model that this window shares. */
export function sharingRow(input: SharingRowInput): SharingRow {
  const { paused, serving, served } = input;
  const now = serving > 0 ? [`serving ${serving}`] : [];
  const before = served > 0 ? [`${served} served`] : [];
  return {
    label: toRowText(input.model),
    // What it does now comes first, since a long provider's name is cut off.
    description: [...standing(input), ...now, toRowText(input.providerName), ...before].join(" · "),
    icon: icon(input),
    contextValue: ["share", paused ? "paused" : "running"].join(" "),
  };
}

export interface RequestRow {
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
}

/** A request that runs now; nothing of its content is known here. @param tokens about so many have been streamed */
export function requestRow({ asker, startedAt }: ActiveRequest, tokens: number, now: number): RequestRow {
  const description = [`runs for ${durationText(now - startedAt)}`, ...tokensText(tokens)].join(" · ");
  if (asker === undefined)
    return { label: "Request", description, tooltip: "A request that does not say who asks." };
  const tooltip = `${toOneLine(asker)} asks, as the request says: names are not checked.`;
  return { label: toRowText(asker), description, tooltip };
}

/** Beside the view's title: what was served today; nothing where that is nothing. */
export function todayText({ requests, tokens }: Totals): string | undefined {
  if (requests === 0) return undefined;
  const counted = requests === 1 ? "1 request" : `${requests.toLocaleString("en")} requests`;
  return ["today", counted, ...tokensText(tokens)].join(" · ");
}

function tokensText(tokens: number): string[] {
  return tokens === 0 ? [] : [`about ${tokens.toLocaleString("en")} tokens`];
}

/** The row's tooltip; it has the whole name, which the row may cut. */
export function sharedText(model: string, endpoint: string, since: number, now: number): string {
  return `${toOneLine(model)} at ${toOneLine(endpoint)}\nShared ${agoText(since, now)}`;
}

/** What keeps it from being used, where something does. */
function standing({ state, providerIsAway, paused }: SharingRowInput): string[] {
  if (state === "reconnecting") return [providerIsAway ? "does not answer" : "reconnecting"];
  return paused ? ["paused"] : [];
}

function icon({ state, paused, serving }: SharingRowInput): SharingRow["icon"] {
  if (state !== "sharing") return { id: "debug-disconnect", color: "disabledForeground" };
  if (serving > 0) return { id: "sync~spin", color: "charts.yellow" };
  if (paused) return { id: "debug-pause", color: "disabledForeground" };
  return { id: "broadcast", color: "testing.iconPassed" };
}
