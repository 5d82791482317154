import * as vscode from "vscode";
import { HumanError } from "../../common/humanError";
import type { ProviderInfo } from "../../participant/provider";
import { askText } from "../askText";
import { pickItem } from "../pickItem";
import { escapeIcons, toRowText } from "../views/plainText";
import type { SharingParts } from "./sharingParts";

type ProviderItem = vscode.QuickPickItem & { readonly provider?: ProviderInfo };

/** Picks a provider that answers on this machine, or another one by its URL; undefined where the user pressed Esc. */
export async function pickProvider(parts: SharingParts): Promise<ProviderInfo | undefined> {
  const picked = await pickItem<ProviderItem>({
    title: "Share Model: Provider",
    placeholder: "Choose where the model runs",
    items: findProviders(parts).then(providerItems),
  });
  if (!picked) return undefined;
  return picked.item.provider ?? askProvider(parts, picked.typed);
}

/** Those at the usual ports, and the one that was used last. */
async function findProviders({ settings, providerKeys }: SharingParts): Promise<ProviderInfo[]> {
  const { discoverProviders } = await import("../../participant/discoverProviders");
  const endpoint = settings.shareEndpoint.value;
  const [found, last] = await Promise.all([
    discoverProviders(),
    endpoint ? probeOrNothing(endpoint, await providerKeys.get(endpoint)) : undefined,
  ]);
  const isKnown = last && found.some((provider) => provider.endpoint === last.endpoint);
  return last && !isKnown ? [last, ...found] : found;
}

async function probeOrNothing(endpoint: string, apiKey: string | undefined) {
  try {
    const { probeProvider } = await import("../../participant/provider");
    return await probeProvider({ endpoint, apiKey });
  } catch (error) {
    // It does not answer today: then it is not offered.
    if (error instanceof HumanError) return undefined;
    throw error;
  }
}

function providerItems(providers: readonly ProviderInfo[]): ProviderItem[] {
  return [
    ...providers.map((provider) => ({
      label: escapeIcons(toRowText(provider.name)),
      description: provider.endpoint,
      detail: modelsText(provider.models),
      iconPath: new vscode.ThemeIcon("server-process"),
      provider,
    })),
    { label: "", kind: vscode.QuickPickItemKind.Separator },
    {
      label: "Other URL…",
      description: "with or without a key",
      ...(providers.length === 0 && { detail: nothingFound }),
      iconPath: new vscode.ThemeIcon("link"),
      // Also for a URL that is pasted here at once.
      alwaysShow: true,
    },
  ];
}

const nothingFound = "Nothing answers at the usual ports of Ollama, LM Studio, llama.cpp, vLLM and LocalAI.";

function modelsText(models: readonly string[]): string {
  if (models.length === 0) return "no model";
  const shown = models.slice(0, 4).map(toRowText).map(escapeIcons).join(", ");
  return models.length > 4 ? `${shown} and ${models.length - 4} more` : shown;
}

async function askProvider(
  { providerKeys, settings }: SharingParts,
  typed: string,
): Promise<ProviderInfo | undefined> {
  const { probeProvider } = await import("../../participant/provider");
  const answer = await askText({
    title: "Share Model: Provider's URL",
    prompt: "Address of an OpenAI-compatible server.",
    placeholder: "http://localhost:11434",
    value: typed || settings.shareEndpoint.value,
    accept: async (endpoint, signal) => {
      try {
        return await probeProvider({ endpoint, apiKey: await providerKeys.get(endpoint), signal });
      } catch (error) {
        if (error instanceof HumanError && error.code === "WRONG_KEY") return { endpoint, error };
        throw error;
      }
    },
  });
  if (!answer || !("error" in answer)) return answer;
  return askKey(providerKeys, answer.endpoint, answer.error);
}

function askKey(providerKeys: SharingParts["providerKeys"], endpoint: string, refused: HumanError) {
  return askText({
    title: "Share Model: Provider's key",
    prompt: `${refused.message} What you enter is kept in VS Code's secret storage and never leaves this machine.`,
    secret: true,
    accept: async (apiKey, signal) => {
      const { probeProvider } = await import("../../participant/provider");
      const provider = await probeProvider({ endpoint, apiKey: apiKey || undefined, signal });
      await providerKeys.remember(provider.endpoint, apiKey);
      return provider;
    },
  });
}
