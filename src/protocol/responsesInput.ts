import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LIST_LENGTH } from "./constants";
import { quoted, UntranslatableError } from "./untranslatableError";

interface ToolCall {
  id: string;
  type: "function";
  function: { name: string; arguments: string };
}

/** One message of a chat completion request. */
export interface ChatInputMessage {
  role: string;
  content?: string | object[] | null;
  tool_calls?: ToolCall[];
  tool_call_id?: string;
}

const partSchema = z.looseObject({ type: z.string() });
const contentSchema = z.union([z.string(), boundedArray(partSchema, MAX_LIST_LENGTH)]);
const messageSchema = z.looseObject({
  type: z.literal("message").optional(),
  role: z.enum(["user", "assistant", "system", "developer"]),
  content: contentSchema,
});
const callSchema = z.looseObject({
  type: z.literal("function_call"),
  call_id: z.string(),
  name: z.string(),
  arguments: z.string(),
});
const outputSchema = z.looseObject({
  type: z.literal("function_call_output"),
  call_id: z.string(),
  output: contentSchema,
});
const textPartSchema = z.union([
  z.looseObject({ type: z.enum(["input_text", "output_text", "text"]), text: z.string() }),
  z
    .looseObject({ type: z.literal("refusal"), refusal: z.string() })
    .transform((part) => ({ type: part.type, text: part.refusal })),
]);
const imagePartSchema = z.looseObject({
  type: z.literal("input_image"),
  image_url: z.string(),
  detail: z.enum(["low", "high", "auto"]).optional(),
});
const audioPartSchema = z.looseObject({ type: z.literal("input_audio"), input_audio: z.unknown() });

/** The messages that say what `instructions` and `input` of a Responses request say. @throws UntranslatableError */
export function inputToMessages(instructions: unknown, input: unknown): ChatInputMessage[] {
  const messages: ChatInputMessage[] = [];
  if (typeof instructions === "string" && instructions !== "")
    messages.push({ role: "system", content: instructions });
  else if (Array.isArray(instructions))
    for (const item of instructions) addItem(messages, item, "instructions");
  if (typeof input === "string") messages.push({ role: "user", content: input });
  else if (Array.isArray(input)) for (const item of input) addItem(messages, item, "input");
  return mergeLeadingSystem(messages);
}

function addItem(messages: ChatInputMessage[], item: unknown, field: string): void {
  const type = (item as { type?: unknown } | null)?.type;
  // A model's earlier thoughts are never shown to it again.
  if (type === "reasoning") return;
  if (type === "function_call") {
    addCall(messages, parse(callSchema, item, `${field}: function_call`));
    return;
  }
  if (type === "function_call_output") {
    const { call_id, output } = parse(outputSchema, item, `${field}: function_call_output`);
    messages.push({ role: "tool", tool_call_id: call_id, content: content(output, field) });
    return;
  }
  if (type !== undefined && type !== "message")
    throw new UntranslatableError(`${field}: items of type ${quoted(type)} are not supported.`);
  const message = parse(messageSchema, item, field);
  // Few chat templates know "developer", which is Responses' word for the same.
  const role = message.role === "developer" ? "system" : message.role;
  messages.push({ role, content: content(message.content, field) });
}

/** Calls that the model made in one turn belong to one assistant message, with the text that came before them. */
function addCall(messages: ChatInputMessage[], call: z.infer<typeof callSchema>): void {
  const toolCall: ToolCall = {
    id: call.call_id,
    type: "function",
    function: { name: call.name, arguments: call.arguments },
  };
  const last = messages.at(-1);
  if (last?.role !== "assistant") messages.push({ role: "assistant", content: null, tool_calls: [toolCall] });
  else last.tool_calls = [...(last.tool_calls ?? []), toolCall];
}

/** Text alone becomes a string: many providers take lists of parts only for pictures. */
function content(value: z.infer<typeof contentSchema>, field: string): string | object[] {
  if (typeof value === "string") return value;
  const texts = value.map((part) => textPartSchema.safeParse(part).data?.text);
  if (texts.every((text) => text !== undefined)) return texts.join("");
  return value.map((part) => contentPart(part, field));
}

function contentPart(part: z.infer<typeof partSchema>, field: string): object {
  const text = textPartSchema.safeParse(part);
  if (text.success) return { type: "text", text: text.data.text };
  const image = imagePartSchema.safeParse(part);
  if (image.success) {
    const { image_url: url, detail } = image.data;
    return { type: "image_url", image_url: detail ? { url, detail } : { url } };
  }
  const audio = audioPartSchema.safeParse(part);
  if (audio.success) return { type: "input_audio", input_audio: audio.data.input_audio };
  throw new UntranslatableError(
    `${field}: content of type ${quoted(part.type)} is not supported in this form.`,
  );
}

/** Many chat templates refuse a second system message; instructions and a leading system item become one. */
function mergeLeadingSystem(messages: ChatInputMessage[]): ChatInputMessage[] {
  const firstOther = messages.findIndex(
    ({ role, content }) => role !== "system" || typeof content !== "string",
  );
  const count = firstOther === -1 ? messages.length : firstOther;
  if (count < 2) return messages;
  const text = messages
    .slice(0, count)
    .map((message) => message.content)
    .join("\n\n");
  return [{ role: "system", content: text }, ...messages.slice(count)];
}

function parse<T extends z.ZodType>(schema: T, value: unknown, what: string): z.infer<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  // The path and the expectation, never the value: that may be a prompt.
  const [issue] = result.error.issues;
  const path = issue?.path.join(".");
  throw new UntranslatableError(`${what}${path ? ` (${path})` : ""} is not as it should be.`);
}
