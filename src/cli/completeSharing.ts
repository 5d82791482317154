import { defaultNickname } from "../client/defaultNickname";
import { HumanError } from "../common/humanError";
import type { ProviderInfo } from "../participant/provider";

export interface SharingChoice {
  endpoint?: string | undefined;
  model?: string | undefined;
  nickname?: string | undefined;
}

/** What a share needs to know; `probe` and `discover` ask providers. */
export interface SharingSources {
  probe(endpoint: string): Promise<ProviderInfo>;
  discover(): Promise<ProviderInfo[]>;
}

/** Finds what a share was not told, where there is one answer only. @throws HumanError that lists the choices. */
export async function completeSharing(
  choice: SharingChoice,
  sources: SharingSources,
): Promise<Required<{ [Key in keyof SharingChoice]: string }>> {
  const nickname = choice.nickname ?? defaultNickname();
  if (choice.endpoint !== undefined && choice.model !== undefined) {
    return { endpoint: choice.endpoint, model: choice.model, nickname };
  }
  const provider =
    choice.endpoint === undefined
      ? chooseProvider(await sources.discover(), choice.model)
      : await sources.probe(choice.endpoint);
  return { endpoint: provider.endpoint, model: choice.model ?? chooseModel(provider), nickname };
}

/** The only provider found, or the only one that offers the model. */
export function chooseProvider(found: readonly ProviderInfo[], model: string | undefined): ProviderInfo {
  if (found.length === 0) {
    throw new HumanError(
      "PROVIDER_UNREACHABLE",
      "No provider was found on this machine.",
      "Start Ollama, LM Studio, llama.cpp, vLLM or LocalAI, or name its URL with --endpoint.",
    );
  }
  const fitting = model === undefined ? found : found.filter(({ models }) => models.includes(model));
  const [only] = fitting;
  if (only && fitting.length === 1) return only;
  const several = fitting.length > 1 ? fitting : found;
  throw new HumanError(
    only ? "INVALID_INPUT" : "MODEL_NOT_FOUND",
    only
      ? "Several providers run on this machine; say which one with --endpoint."
      : `No provider on this machine offers the model "${model}".`,
    `There are:\n${several.map(describeProvider).join("\n")}`,
  );
}

export function chooseModel(provider: ProviderInfo): string {
  const [only] = provider.models;
  if (only !== undefined && provider.models.length === 1) return only;
  if (only === undefined) {
    throw new HumanError(
      "MODEL_NOT_FOUND",
      `${provider.name} at ${provider.endpoint} offers no model.`,
      "Load or pull one first.",
    );
  }
  throw new HumanError(
    "INVALID_INPUT",
    `${provider.name} offers several models; say which one with --model.`,
    `There are:\n${provider.models.map((model) => `  ${model}`).join("\n")}`,
  );
}

function describeProvider({ name, endpoint, models }: ProviderInfo): string {
  return `  ${endpoint}  ${name}: ${models.join(", ") || "no model"}`;
}
