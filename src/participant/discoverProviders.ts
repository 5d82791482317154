import type { ProviderInfo } from "./provider";

/** Where providers usually listen on a developer's machine. */
export const usualProviders = [
  { name: "Ollama", endpoint: "http://127.0.0.1:11434" },
  { name: "LM Studio", endpoint: "http://127.0.0.1:1234" },
  { name: "llama.cpp", endpoint: "http://127.0.0.1:8080" },
  { name: "vLLM", endpoint: "http://127.0.0.1:8000" },
  { name: "LocalAI", endpoint: "http://127.0.0.1:8080" },
] as const;

/** Probes the usual ports at once; those that do not answer within a short time are left out. Never throws. */
export async function discoverProviders(_signal?: AbortSignal): Promise<ProviderInfo[]> {
  throw new Error("not built yet");
}
