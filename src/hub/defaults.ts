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

/** The request with what it leaves open filled in; a null counts as open. */
export function applyToChat(request: ChatRequest, defaults: RuntimeConfig): ChatRequest {
  const { instructions, max_tokens, ...rest } = defaults;
  const filled = fill(request, { ...rest, ...(request.max_completion_tokens == null ? { max_tokens } : {}) });
  const guided = request.messages.some(({ role }) => role === "system" || role === "developer");
  if (guided || instructions === undefined) return filled;
  return { ...filled, messages: [{ role: "system", content: instructions }, ...request.messages] };
}

/** The same for `/completions`, which has no place for instructions. */
export function applyToCompletion(request: CompletionRequest, defaults: RuntimeConfig): CompletionRequest {
  const { instructions, ...rest } = defaults;
  return fill(request, rest);
}

/** The same for `/responses`, which has its own names for some of them. */
export function applyToResponses(request: ResponsesRequest, defaults: RuntimeConfig): ResponsesRequest {
  const { max_tokens, stop, ...rest } = defaults;
  return fill(request, { ...rest, max_output_tokens: max_tokens, stop_sequences: stop });
}

function fill<T extends Record<string, unknown>>(request: T, defaults: Record<string, unknown>): T {
  const open = Object.entries(defined(defaults)).filter(([name]) => request[name] == null);
  return { ...request, ...Object.fromEntries(open) };
}

function defined<T extends object>(config: T): Partial<T> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined)) as Partial<T>;
}
