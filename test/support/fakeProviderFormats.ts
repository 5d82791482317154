/** How an answer looks on one route, as text to send. */
export interface Format {
  first(): string;
  text(token: string): string;
  reasoning(token: string): string;
  toolCall(): string;
  last(finishReason: string, tokens: number): string;
  whole(text: string, finishReason: string, tokens: number): unknown;
}

const PROMPT_TOKENS = 7;
const TOOL_ARGUMENTS = ['{"city":', '"Lisbon"}'];

/** Chat completions: role first, then deltas, `finish_reason`, usage where asked for, `[DONE]`. */
export function chatFormat(body: Record<string, unknown>): Format {
  const base = { id: "chatcmpl-fake", created: 1_700_000_000, model: body.model };
  const chunk = (choices: unknown[], more: object = {}) =>
    `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices, ...more })}\n\n`;
  const delta = (value: object, finish: string | null = null) => [
    { index: 0, delta: value, finish_reason: finish },
  ];
  const options = body.stream_options as { include_usage?: boolean } | undefined;
  return {
    first: () => chunk(delta({ role: "assistant", content: "" })),
    text: (content) => chunk(delta({ content })),
    reasoning: (token) => chunk(delta({ reasoning_content: token })),
    toolCall: () => {
      const call = (value: object) => chunk(delta({ tool_calls: [{ index: 0, ...value }] }));
      const start = { id: "call_fake", type: "function", function: { name: toolName(body), arguments: "" } };
      const pieces = TOOL_ARGUMENTS.map((piece) => call({ function: { arguments: piece } }));
      return call(start) + pieces.join("");
    },
    last: (finish, tokens) =>
      chunk(delta({}, finish)) +
      (options?.include_usage ? chunk([], { usage: chatUsage(tokens) }) : "") +
      "data: [DONE]\n\n",
    whole: (content, finish, tokens) => ({
      ...base,
      object: "chat.completion",
      choices: [{ index: 0, message: wholeMessage(body, content, finish), finish_reason: finish }],
      usage: chatUsage(tokens),
    }),
  };
}

/** Completions of a text: no roles, no deltas. */
export function completionFormat(body: Record<string, unknown>): Format {
  const base = { id: "cmpl-fake", object: "text_completion", created: 1_700_000_000, model: body.model };
  const choice = (text: string, finish: string | null) => [
    { index: 0, text, logprobs: null, finish_reason: finish },
  ];
  const chunk = (choices: unknown[], more: object = {}) =>
    `data: ${JSON.stringify({ ...base, choices, ...more })}\n\n`;
  const options = body.stream_options as { include_usage?: boolean } | undefined;
  return {
    first: () => "",
    text: (text) => chunk(choice(text, null)),
    reasoning: () => "",
    toolCall: () => "",
    last: (finish, tokens) =>
      chunk(choice("", finish)) +
      (options?.include_usage ? chunk([], { usage: chatUsage(tokens) }) : "") +
      "data: [DONE]\n\n",
    whole: (text, finish, tokens) => ({ ...base, choices: choice(text, finish), usage: chatUsage(tokens) }),
  };
}

function wholeMessage(body: Record<string, unknown>, content: string, finish: string): unknown {
  if (finish !== "tool_calls") return { role: "assistant", content };
  const call = { name: toolName(body), arguments: TOOL_ARGUMENTS.join("") };
  return {
    role: "assistant",
    content: null,
    tool_calls: [{ id: "call_fake", type: "function", function: call }],
  };
}

function toolName(body: Record<string, unknown>): string {
  const tools = body.tools as { name?: string; function?: { name?: string } }[] | undefined;
  return tools?.[0]?.function?.name ?? tools?.[0]?.name ?? "get_weather";
}

function chatUsage(tokens: number) {
  return {
    prompt_tokens: PROMPT_TOKENS,
    completion_tokens: tokens,
    total_tokens: PROMPT_TOKENS + tokens,
  };
}

/** The Responses API, as far as a plain text answer needs it. */
export function responsesFormat(body: Record<string, unknown>): Format {
  const id = "resp_fake";
  let sequence = 0;
  let text = "";
  const response = (status: string, more: object = {}) => ({
    id,
    object: "response",
    created_at: 1_700_000_000,
    model: body.model,
    status,
    output: [],
    ...more,
  });
  const event = (type: string, more: object) =>
    `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...more })}\n\n`;
  const at = { item_id: "msg_fake", output_index: 0, content_index: 0 };
  const item = (status: string, value: string) => ({
    id: "msg_fake",
    type: "message",
    role: "assistant",
    status,
    content: value === "" ? [] : [{ type: "output_text", text: value, annotations: [] }],
  });
  const usage = (tokens: number) => ({
    input_tokens: PROMPT_TOKENS,
    output_tokens: tokens,
    total_tokens: PROMPT_TOKENS + tokens,
  });
  return {
    first: () =>
      event("response.created", { response: response("in_progress") }) +
      event("response.output_item.added", { output_index: 0, item: item("in_progress", "") }) +
      event("response.content_part.added", {
        ...at,
        part: { type: "output_text", text: "", annotations: [] },
      }),
    text: (delta) => {
      text += delta;
      return event("response.output_text.delta", { ...at, delta });
    },
    reasoning: (delta) => event("response.reasoning_text.delta", { ...at, delta }),
    toolCall: () => "",
    last: (_finish, tokens) =>
      event("response.output_text.done", { ...at, text }) +
      event("response.content_part.done", { ...at, part: { type: "output_text", text, annotations: [] } }) +
      event("response.output_item.done", { output_index: 0, item: item("completed", text) }) +
      event("response.completed", {
        response: response("completed", { output: [item("completed", text)], usage: usage(tokens) }),
      }),
    whole: (value, _finish, tokens) =>
      response("completed", { output: [item("completed", value)], usage: usage(tokens) }),
  };
}
