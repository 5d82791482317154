import type { ChatRequest, CompletionRequest, ResponsesRequest } from "../protocol/inference";
import type { PublicConfig, RuntimeConfig } from "../protocol/participant";

/** Later wins: room, then participant. Fields that are undefined do not hide earlier ones. */
export function mergeConfigs(room: RuntimeConfig | undefined, participant: RuntimeConfig): RuntimeConfig {
  return { ...room, ...defined(participant) };
}

/** As others see it: that there are instructions, never what they say. */
export function toPublicConfig({ instructions, ...rest }: RuntimeConfig): PublicConfig {
  return { ...rest, hasInstructions: instructions !== undefined };
}

/** What a request leaves open, as it is filled in; a null counts as open. Instructions are no field here. */
export function chatFields(request: ChatRequest, defaults: RuntimeConfig): Record<string, unknown> {
  const { instructions, max_tokens, ...rest } = defaults;
  return openIn(request, { ...rest, ...(request.max_completion_tokens == null ? { max_tokens } : {}) });
}

/** The instructions for a request that has none of its own. */
export function instructionsFor(request: ChatRequest, { instructions }: RuntimeConfig): string | undefined {
  const isGuided = request.messages.some(({ role }) => role === "system" || role === "developer");
  return isGuided ? undefined : instructions;
}

/** The same as `chatFields` for `/completions`, which has no place for instructions. */
export function completionFields(
  request: CompletionRequest,
  defaults: RuntimeConfig,
): Record<string, unknown> {
  const { instructions, ...rest } = defaults;
  return openIn(request, rest);
}

/** The same for `/responses`, which has its own names for some of them, and one for instructions. */
export function responsesFields(request: ResponsesRequest, defaults: RuntimeConfig): Record<string, unknown> {
  const { max_tokens, stop, ...rest } = defaults;
  return openIn(request, { ...rest, max_output_tokens: max_tokens, stop_sequences: stop });
}

function openIn(request: Record<string, unknown>, defaults: Record<string, unknown>) {
  return Object.fromEntries(Object.entries(defined(defaults)).filter(([name]) => request[name] == null));
}

function defined<T extends object>(config: T): Partial<T> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Partial<T>;
}
