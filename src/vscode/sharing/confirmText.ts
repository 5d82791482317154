import type { GenerationConfig, MachineSpecs } from "../../protocol/participant";
import { toRowText } from "../views/plainText";
import { gigabytes } from "../views/specsText";
import type { ShareChoice } from "./shareChoice";

export interface ConfirmInput {
  readonly choices: readonly ShareChoice[];
  readonly nickname: string;
  readonly roomName: string;
  /** As they will be shown: what is withheld is absent. */
  readonly specs: MachineSpecs;
  readonly generation: GenerationConfig;
  readonly capacity: number;
}

const inWords = new Intl.ListFormat("en");

/** What the user agrees to by sharing: what teammates can do, what they see, what they cannot. */
export function confirmText(input: ConfirmInput): { title: string; detail: string; button: string } {
  const { choices, roomName } = input;
  const models = choices.map((choice) => toRowText(choice.model));
  const what = models.length === 1 ? models[0] : `${models.length} models`;
  const seen = [
    `your nickname (${toRowText(input.nickname)})`,
    models.length === 1 ? "the model's name" : "the models' names",
    "where the provider listens",
    specsText(input.specs),
    ...generationTexts(input.generation),
  ];
  return {
    title: `Share ${what} in ${toRowText(roomName)}?`,
    detail: [
      ...(models.length > 1 ? [models.join(", "), ""] : []),
      `Everyone in the room can send prompts to ${models.length === 1 ? "it" : "them"}. Answers are made on this machine and use its GPU, ${atOnce(input.capacity)}.`,
      "",
      `They see ${inWords.format(seen)}.`,
      "",
      "They cannot read files, run programs, change models, or see your own chats. The provider's key stays on this machine.",
      "",
      "Sharing ends when you stop it, leave the room, or close this window.",
    ].join("\n"),
    button: "Share",
  };
}

function atOnce(capacity: number): string {
  return capacity === 1 ? "one request at a time" : `up to ${capacity} requests at once for each model`;
}

function specsText({ gpu, vram, cpu, ram }: MachineSpecs): string {
  const parts = [
    ...(gpu === undefined ? [] : [toRowText(gpu)]),
    ...(vram === undefined ? [] : [`${gigabytes(vram)} VRAM`]),
    ...(cpu === undefined ? [] : [toRowText(cpu)]),
    ...(ram === undefined ? [] : [`${gigabytes(ram)} RAM`]),
  ];
  return parts.length > 0 ? `the hardware (${parts.join(", ")})` : "nothing of the hardware";
}

function generationTexts(generation: GenerationConfig): string[] {
  const parts = Object.entries(generation).map(([name, value]) => `${name} ${JSON.stringify(value)}`);
  return parts.length > 0 ? [`the generation defaults (${parts.join(", ")})`] : [];
}
