import { HumanError } from "../common/humanError";

/** Which provider usually listens on a port; for hints only. */
const usualPorts: Readonly<Record<string, string>> = {
  "11434": "Ollama",
  "1234": "LM Studio",
  "8080": "llama.cpp or LocalAI",
  "8000": "vLLM",
};

/**
 * A provider's base URL as we keep it: http(s), without `/v1`, query or trailing slash. `localhost:1234` is taken too.
 * @throws HumanError INVALID_INPUT
 */
export function normaliseEndpoint(text: string): string {
  const url = parseUrl(text.trim());
  if (!url) {
    throw new HumanError(
      "INVALID_INPUT",
      "That is not the address of a provider.",
      "Give an http or https URL, for example http://localhost:11434.",
    );
  }
  if (url.username || url.password) {
    throw new HumanError(
      "INVALID_INPUT",
      "The address holds a name or password.",
      "Leave it out of the address and give it as the provider's key.",
    );
  }
  const path = url.pathname.replace(/\/+$/, "").replace(/\/v1$/, "");
  return `${url.origin}${path.replace(/\/+$/, "")}`;
}

/** What others may know of an endpoint: where it is, never a path, query or credential. */
export function endpointOrigin(endpoint: string): string {
  return new URL(endpoint).origin;
}

/** `localhost:11434`, for messages. */
export function endpointHost(endpoint: string): string {
  return new URL(endpoint).host;
}

/** The provider that usually has this endpoint's port, for hints. */
export function usualProviderAt(endpoint: string): string | undefined {
  return usualPorts[new URL(endpoint).port];
}

/** Whether it is OpenAI itself, by Azure or not, and no server that only speaks like it. */
export function isOpenAi(endpoint: string): boolean {
  return /(^|\.)openai\.(azure\.)?com$/.test(new URL(endpoint).hostname);
}

function parseUrl(text: string): URL | undefined {
  const withScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  if (!URL.canParse(withScheme)) return undefined;
  const url = new URL(withScheme);
  return (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "" ? url : undefined;
}
