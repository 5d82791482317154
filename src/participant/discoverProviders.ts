import { type ProviderInfo, probeProvider } from "./provider";

/** Where providers usually listen on a developer's machine. */
const usualProviders = [
  { name: "Ollama", endpoint: "http://127.0.0.1:11434" },
  { name: "LM Studio", endpoint: "http://127.0.0.1:1234" },
  { name: "llama.cpp", endpoint: "http://127.0.0.1:8080" },
  { name: "vLLM", endpoint: "http://127.0.0.1:8000" },
  { name: "LocalAI", endpoint: "http://127.0.0.1:8080" },
] as const;

const OLLAMA_PORT = 11_434;
/** A provider on this machine answers at once or is not there; the person is waiting for the list, ms. */
const DISCOVERY_TIMEOUT_MS = 1_500;

export interface DiscoveryOptions {
  /** Probed in place of the usual ones. */
  endpoints?: readonly string[] | undefined;
  /** Where `OLLAMA_HOST` is read. Default `process.env`. */
  env?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Probes the usual ports at once; those that do not answer within a short time are left out. Never throws. */
export async function discoverProviders(
  signal?: AbortSignal,
  { endpoints = usualProviders.map(({ endpoint }) => endpoint), env = process.env }: DiscoveryOptions = {},
): Promise<ProviderInfo[]> {
  const ollama = ollamaEndpoint(env.OLLAMA_HOST);
  const candidates = new Set(ollama ? [ollama, ...endpoints] : endpoints);
  const probes = await Promise.allSettled(
    [...candidates].map((endpoint) => probeProvider({ endpoint, signal, timeoutMs: DISCOVERY_TIMEOUT_MS })),
  );
  return probes.flatMap((probe) => (probe.status === "fulfilled" ? [probe.value] : []));
}

/**
 * Where Ollama listens by its own `OLLAMA_HOST` (`host`, `:port`, `host:port` or a URL); 0.0.0.0 is reached at 127.0.0.1.
 * Undefined where it is not set or makes no sense.
 */
export function ollamaEndpoint(host: string | undefined): string | undefined {
  const text = host?.trim();
  if (!text) return undefined;
  const hasScheme = /^https?:\/\//i.test(text);
  const address = hasScheme ? text : `http://${text.startsWith(":") ? `127.0.0.1${text}` : text}`;
  if (!URL.canParse(address)) return undefined;
  const url = new URL(address);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  // Ollama's own rule: a bare host means its usual port, a URL the scheme's. `:80` is dropped by URL, hence the text.
  if (!hasScheme && url.port === "" && !/:80\/?$/.test(text)) url.port = String(OLLAMA_PORT);
  return url.origin;
}
