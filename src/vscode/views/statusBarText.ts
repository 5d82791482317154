import type { HumanError } from "../../common/humanError";
import type { Access } from "../../protocol/room";
import { accessSentence } from "./accessText";
import { lostMessage } from "./lostMessage";
import { escapeIcons, toRowText } from "./plainText";

/** What the status bar item needs to know; one member per look. */
export type StatusBarInput =
  | { readonly state: "left" }
  | { readonly state: "connecting"; readonly roomCode: string }
  | { readonly state: "failed"; readonly error: HumanError }
  | {
      readonly state: "joined";
      readonly roomName: string;
      readonly roomCode: string;
      readonly hubUrl: string;
      /** Participants that are not offline. */
      readonly available: number;
      readonly serving: number;
      readonly sharedModels: number;
      /** Those of them whose provider does not answer. */
      readonly awayModels: number;
      readonly paused: boolean;
      readonly lost: HumanError | undefined;
      readonly access?: Access | undefined;
      readonly isHost?: boolean;
    };

export interface StatusBarText {
  readonly text: string;
  readonly tooltip: string;
  readonly warning: boolean;
}

export function statusBarText(input: StatusBarInput): StatusBarText {
  switch (input.state) {
    case "left":
      return { text: "$(broadcast) LLM Rooms", tooltip: "Join or host a room", warning: false };
    case "connecting":
      return {
        text: "$(broadcast) Joining…",
        tooltip: `Joining room ${toRowText(input.roomCode)}`,
        warning: false,
      };
    case "failed":
      // Not a warning: the user sees why in the view, and nothing was lost.
      return { text: "$(broadcast) LLM Rooms", tooltip: input.error.message, warning: false };
    case "joined":
      return joinedText(input);
    default:
      return input satisfies never;
  }
}

type JoinedInput = Extract<StatusBarInput, { state: "joined" }>;

function joinedText(input: JoinedInput): StatusBarText {
  const name = escapeIcons(toRowText(input.roomName));
  const sharing = input.sharedModels > 0 ? [sharingText(input)] : [];
  if (input.lost) {
    const told = lostMessage(input.lost);
    return {
      text: [`$(debug-disconnect) ${name}`, ...servingText(input)].join("  "),
      tooltip: [
        `${toRowText(input.roomName)}: ${told}`,
        ...(told.startsWith(input.lost.message) ? [] : [input.lost.message]),
        ...sharing,
      ].join("\n"),
      warning: true,
    };
  }
  const models = input.available === 1 ? "1 model available" : `${input.available} models available`;
  return {
    text: [`$(broadcast) ${name} · ${input.available}`, ...servingText(input)].join("  "),
    tooltip: [
      `Room ${toRowText(input.roomName)} (${input.roomCode}) at ${input.hubUrl}`,
      ...accessSentence(input.access, input.isHost ?? false),
      models,
      ...sharing,
    ].join("\n"),
    warning: false,
  };
}

type Sharing = Pick<JoinedInput, "serving" | "paused" | "sharedModels" | "awayModels">;

function servingText({ serving, paused, sharedModels, awayModels }: Sharing): string[] {
  if (serving > 0) return [`$(sync~spin) serving ${serving}`];
  if (sharedModels === 0) return [];
  if (awayModels === sharedModels) return ["$(debug-disconnect) not answering"];
  // At a glance and all the while: whoever lends a model must not forget it.
  return [paused ? "$(debug-pause) paused" : "$(record) sharing"];
}

function sharingText({ serving, paused, sharedModels, awayModels }: Sharing): string {
  const models = sharedModels === 1 ? "1 model" : `${sharedModels} models`;
  if (awayModels === sharedModels) return `You share ${models}: no provider answers`;
  if (paused) return `You share ${models}, paused`;
  return serving > 0 ? `You share ${models}, serving ${serving} now` : `You share ${models}`;
}
