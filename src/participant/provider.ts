import type { Capabilities } from "../protocol/participant";

/** What a provider told about itself. */
export interface ProviderInfo {
  /** Base URL without `/v1` and without a trailing slash. */
  endpoint: string;
  /** "Ollama", "LM Studio", … or "OpenAI-compatible server". */
  name: string;
  /** Model names that it really offers. */
  models: string[];
  capabilities: Capabilities;
}

export interface ProbeOptions {
  endpoint: string;
  apiKey?: string | undefined;
  signal?: AbortSignal | undefined;
}

/** Asks a provider for its models and routes. @throws HumanError PROVIDER_UNREACHABLE, PROVIDER_FAILED or INVALID_INPUT. */
export async function probeProvider(_options: ProbeOptions): Promise<ProviderInfo> {
  throw new Error("not built yet");
}
