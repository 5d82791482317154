import { isRecord } from "../common/isRecord";
import { MAX_LIST_LENGTH } from "./constants";
import { type ChatRequest, chatRequestSchema, type ResponsesRequest } from "./inference";
import { inputToMessages } from "./responsesInput";
import { quoted, UntranslatableError } from "./untranslatableError";

type Fields = Record<string, unknown>;

/** Fields that mean nothing to chat completions, or that `responsesToChat` spells anew. All others pass through. */
const responsesOnly = new Set([
  "background",
  "context_management",
  "conversation",
  "include",
  "input",
  "instructions",
  "max_output_tokens",
  "max_tool_calls",
  "metadata",
  "previous_response_id",
  "prompt",
  "prompt_cache_key",
  "prompt_cache_retention",
  "reasoning",
  "safety_identifier",
  "service_tier",
  "stop_sequences",
  // A translated response is never stored, so that asking for it (the default of many clients) changes nothing.
  "store",
  "stream_options",
  "text",
  "tool_choice",
  "tools",
  "top_logprobs",
  "truncation",
]);

/** These need a memory of earlier responses, or a worker that goes on without the client: chat completions have neither. */
const needMemory = ["previous_response_id", "conversation", "prompt", "background"] as const;

/** The chat completion request that asks the same. @throws UntranslatableError */
export function responsesToChat(request: ResponsesRequest): ChatRequest {
  for (const field of needMemory) {
    if (request[field])
      throw new UntranslatableError(`${field} is not supported by a provider of chat completions.`);
  }
  const messages = inputToMessages(request.instructions, request.input);
  if (messages.length === 0) throw new UntranslatableError("input is empty.");
  // The instructions may be the one that is too many.
  if (messages.length > MAX_LIST_LENGTH)
    throw new UntranslatableError(`input has more items than the ${MAX_LIST_LENGTH} messages of a chat.`);
  const passed = Object.entries(request).filter(
    ([field, value]) => !responsesOnly.has(field) && value !== null,
  );
  const translated: Fields = {
    messages,
    max_tokens: request.max_output_tokens ?? undefined,
    stop: request.stop ?? request.stop_sequences ?? undefined,
    tools: tools(request.tools),
    tool_choice: toolChoice(request.tool_choice),
    response_format: responseFormat(request.text),
    reasoning_effort: fields(request.reasoning).effort ?? undefined,
    // Without it a stream tells no token counts, which `response.completed` reports.
    stream_options: request.stream ? { include_usage: true } : undefined,
  };
  const known = Object.entries(translated).filter(([, value]) => value !== undefined);
  return chatRequestSchema.parse(Object.fromEntries([...passed, ...known]));
}

function tools(value: unknown): unknown[] | undefined {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  return value.map((entry: unknown) => {
    const tool = fields(entry);
    if (tool.type !== "function")
      throw new UntranslatableError(`tools: type ${quoted(tool.type)} is not supported, only functions are.`);
    const { name, description, parameters, strict } = tool;
    const known = Object.entries({ name, description, parameters, strict });
    return { type: "function", function: Object.fromEntries(known.filter(([, field]) => field != null)) };
  });
}

function toolChoice(value: unknown): unknown {
  if (value === undefined || value === null) return undefined;
  if (value === "auto" || value === "none" || value === "required") return value;
  const choice = fields(value);
  if (choice.type === "function" && typeof choice.name === "string")
    return { type: "function", function: { name: choice.name } };
  throw new UntranslatableError("tool_choice is not supported in this form.");
}

function responseFormat(text: unknown): unknown {
  const format = fields(fields(text).format);
  switch (format.type) {
    case undefined:
    case "text":
      return undefined;
    case "json_object":
      return { type: "json_object" };
    case "json_schema": {
      const { type: _, ...schema } = format;
      return { type: "json_schema", json_schema: schema };
    }
    default:
      throw new UntranslatableError(`text.format: type ${quoted(format.type)} is not supported.`);
  }
}

function fields(value: unknown): Fields {
  return isRecord(value) ? value : {};
}
