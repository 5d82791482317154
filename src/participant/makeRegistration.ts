import { HumanError } from "../common/humanError";
import { type Registration, registrationSchema } from "../protocol/participant";
import { endpointHost, endpointOrigin } from "./endpoint";
import type { ParticipantSessionOptions } from "./participantSession";
import type { ProviderInfo } from "./provider";

/** Of a provider's models in an error. */
const MAX_NAMED_MODELS = 10;

/**
 * The card that a hub gets: of the endpoint its origin only, never the key.
 * @throws HumanError MODEL_NOT_FOUND where the provider does not offer the model, or INVALID_INPUT.
 */
export function makeRegistration(options: ParticipantSessionOptions, provider: ProviderInfo): Registration {
  const { nickname, model, password, specs, config, capacity } = options;
  if (!provider.models.includes(model)) throw modelNotOffered(provider, model);
  const { chatCompletions, openResponses } = provider.capabilities;
  const canAnswer = chatCompletions === "supported" || openResponses === "supported";
  const parsed = registrationSchema.safeParse({
    nickname,
    model,
    endpoint: endpointOrigin(provider.endpoint),
    password,
    specs,
    config,
    // Responses are served by translation where the provider has none: a hub may always ask for them.
    capabilities: { chatCompletions, openResponses: canAnswer ? "supported" : "unknown" },
    capacity,
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new HumanError(
    "INVALID_INPUT",
    `The ${issue?.path.join(".") || "description"} of what you share is not valid: ${issue?.message ?? "unknown"}.`,
    "Correct it, then share again.",
  );
}

function modelNotOffered({ name, endpoint, models }: ProviderInfo, model: string): HumanError {
  const named = models.slice(0, MAX_NAMED_MODELS).join(", ");
  const more = models.length > MAX_NAMED_MODELS ? ` and ${models.length - MAX_NAMED_MODELS} more` : "";
  return new HumanError(
    "MODEL_NOT_FOUND",
    `${name} at ${endpointHost(endpoint)} does not offer ${model}.`,
    `Choose one of: ${named}${more}.`,
  );
}
