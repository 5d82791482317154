import { z } from "zod";
import { HumanError } from "../common/humanError";
import { boundedArray } from "../protocol/bounded";
import { MAX_LIST_LENGTH } from "../protocol/constants";
import type { Capabilities } from "../protocol/participant";
import { endpointHost, normaliseEndpoint, usualProviderAt } from "./endpoint";
import { callHttp, type HttpAnswer, HttpFailure } from "./httpCall";
import { nameProvider } from "./providerName";

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
  /** Each of the probe's calls is given up after this, ms. Default 5 s. */
  timeoutMs?: number | undefined;
}

/** GET or POST `{}` on a path of the provider that is being probed. */
export type ProbeCall = (method: "GET" | "POST", path: string) => Promise<HttpAnswer>;

const PROBE_TIMEOUT_MS = 5_000;
/** Model lists of hundreds of entries are some 100 KB. */
const MAX_PROBE_BYTES = 4 * 1024 * 1024;

const openAiModelsSchema = z.object({
  data: boundedArray(z.object({ id: z.string().min(1), owned_by: z.string().nullish() }), MAX_LIST_LENGTH),
});
const ollamaTagsSchema = z.object({
  models: boundedArray(z.object({ name: z.string().min(1) }), MAX_LIST_LENGTH),
});

/** Asks a provider for its models and routes. @throws HumanError PROVIDER_UNREACHABLE, PROVIDER_FAILED, WRONG_KEY or INVALID_INPUT. */
export async function probeProvider(options: ProbeOptions): Promise<ProviderInfo> {
  const endpoint = normaliseEndpoint(options.endpoint);
  const call = probeCall(endpoint, options);
  const [listed, tags] = await Promise.allSettled([call("GET", "/v1/models"), call("GET", "/api/tags")]);
  const tagged = tags.status === "fulfilled" ? ollamaTagsSchema.safeParse(tags.value.json).data : undefined;
  const offered =
    listed.status === "fulfilled" ? openAiModelsSchema.safeParse(listed.value.json).data : undefined;
  // Ollama's own list may be open where a proxy before `/v1` wants a key.
  const wantsKey = listed.status === "fulfilled" && [401, 403].includes(listed.value.status);
  if (wantsKey || (!tagged && !offered)) throw whyNoModels(endpoint, options.apiKey, listed);

  const owners = new Set(offered?.data.map((model) => model.owned_by ?? ""));
  const { name, notForChat } = await nameProvider(call, owners, tagged !== undefined);
  const models = tagged?.models.map((model) => model.name) ?? offered?.data.map((model) => model.id) ?? [];
  const usable = [...new Set(models)].filter((model) => !notForChat.has(model));
  if (usable.length === 0) {
    throw new HumanError(
      "PROVIDER_FAILED",
      `${name} at ${endpointHost(endpoint)} offers no model.`,
      name === "Ollama"
        ? "Pull one first, for example with: ollama pull llama3.2"
        : "Load or download one there first.",
    );
  }
  const [chat, responses] = await Promise.all([
    hasRoute(call, "/v1/chat/completions"),
    hasRoute(call, "/v1/responses"),
  ]);
  return {
    endpoint,
    name,
    models: usable,
    // A provider that lists models and says nothing else is taken to chat: that is what all of them have.
    capabilities: { chatCompletions: chat === "unknown" ? "supported" : chat, openResponses: responses },
  };
}

function probeCall(
  endpoint: string,
  { apiKey, signal, timeoutMs = PROBE_TIMEOUT_MS }: ProbeOptions,
): ProbeCall {
  return (method, path) =>
    callHttp({
      url: `${endpoint}${path}`,
      method,
      headers: {
        ...(apiKey ? { authorization: `Bearer ${apiKey}` } : {}),
        ...(method === "POST" ? { "content-type": "application/json" } : {}),
      },
      ...(method === "POST" ? { body: "{}" } : {}),
      timeoutMs,
      maxBytes: MAX_PROBE_BYTES,
      signal,
    });
}

/** An empty request is refused by a route that exists (400, 422, …) without loading a model. */
async function hasRoute(call: ProbeCall, path: string): Promise<Capabilities["openResponses"]> {
  try {
    const { status, text } = await call("POST", path);
    if ([401, 403, 404, 405, 501].includes(status)) return "unsupported";
    // LM Studio answers 200 on routes that it does not have.
    return status === 200 && text.includes("Unexpected endpoint") ? "unsupported" : "supported";
  } catch {
    // No answer tells nothing about the route; the model list has already shown that the provider is there.
    return "unknown";
  }
}

function whyNoModels(
  endpoint: string,
  apiKey: string | undefined,
  listed: PromiseSettledResult<HttpAnswer>,
): HumanError {
  const host = endpointHost(endpoint);
  if (listed.status === "rejected") return unreachableProvider(endpoint, listed.reason);
  const { status, contentType, text } = listed.value;
  const failed = (message: string, hint: string) => new HumanError("PROVIDER_FAILED", message, hint);
  if (status === 401 || status === 403) {
    return apiKey
      ? new HumanError(
          "WRONG_KEY",
          `${host} refuses this key.`,
          "Check the key, and that it may list models.",
        )
      : new HumanError("WRONG_KEY", `${host} wants a key.`, "Give the provider's key.");
  }
  if (status >= 300 && status < 400)
    return failed(`${host} redirects to another address.`, "Give the address that it redirects to.");
  if (contentType.includes("html") || /^\s*</.test(text))
    return failed(`${host} answers with a web page, not with its models.`, "Check the address and the port.");
  if (status === 404)
    return failed(
      `${host} is no OpenAI-compatible server: it has no /v1/models.`,
      "Check the address and the port.",
    );
  if (status >= 500)
    return failed(`${host} failed with status ${status}.`, "See the provider's own log, then try again.");
  return failed(`${host} answers something that is no list of models.`, "Check the address and the port.");
}

/** The error for a provider that gave no answer at all. */
export function unreachableProvider(endpoint: string, cause: unknown): HumanError {
  const host = endpointHost(endpoint);
  const usual = usualProviderAt(endpoint);
  const failed = (message: string, hint: string) =>
    new HumanError("PROVIDER_UNREACHABLE", message, hint, { cause });
  switch (cause instanceof HttpFailure ? cause.reason : "broken") {
    case "refused":
      return failed(`Nothing answers at ${host}.`, `Start ${usual ?? "it"}, or choose another provider.`);
    case "unknownHost":
      return failed(`There is no host for ${host}.`, "Check the address.");
    case "timedOut":
      return failed(`${host} does not answer.`, "See whether the provider is busy or hangs, then try again.");
    case "tooLarge":
      return new HumanError(
        "PROVIDER_FAILED",
        `${host} sends more than a list of models.`,
        "Check the address.",
      );
    case "certificate":
      return failed(
        `The certificate of ${host} is not trusted.`,
        "Check the address, or use http where that is safe.",
      );
    case "aborted":
      return failed("The check of the provider was cancelled.", "Try again.");
    default:
      return failed(
        `${host} broke the connection off.`,
        "Check the address and whether it is http or https.",
      );
  }
}
