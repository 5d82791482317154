import { once } from "node:events";
import { setTimeout as pause, setImmediate as yieldToSockets } from "node:timers/promises";
import { behaviours, type FakeBehaviour, type FakeCall, sendJson } from "./fakeProviderCall";
import { chatFormat, completionFormat, type Format, responsesFormat } from "./fakeProviderFormats";

const SLOW_TOKENS_PER_SECOND = 10;
const HOLD_TOKENS_PER_SECOND = 50;
const FLOOD_BYTES = 64 * 1024 * 1024;
const NEVER_MS = 2 ** 31 - 1;

/** `POST /v1/chat/completions`, streamed or whole. */
export async function answerChat(call: FakeCall): Promise<void> {
  const body = call.record.body;
  if (!Array.isArray(body?.messages) || body.messages.length === 0)
    return refuse(call, 400, "[] is too short - 'messages'");
  await answerModel(call, body, chatFormat(body));
}

/** `POST /v1/completions`, streamed or whole. */
export async function answerCompletion(call: FakeCall): Promise<void> {
  const body = call.record.body;
  if (body?.prompt === undefined) return refuse(call, 400, "'prompt' is required");
  await answerModel(call, body, completionFormat(body));
}

/** `POST /v1/embeddings`: three numbers for each text, as base64 where that is asked for, as OpenAI's own client does. */
export async function answerEmbeddings(call: FakeCall): Promise<void> {
  const body = call.record.body;
  if (body?.input === undefined || body.input === "") return refuse(call, 400, "invalid input type");
  if (!call.models.includes(String(body.model)))
    return refuse(call, 404, `model "${body.model}" not found, try pulling it first`);
  const texts = Array.isArray(body.input) ? body.input : [body.input];
  const numbers = new Float32Array([0.5, -0.25, 1]);
  const embedding =
    body.encoding_format === "base64" ? Buffer.from(numbers.buffer).toString("base64") : [...numbers];
  sendJson(call, 200, {
    object: "list",
    data: texts.map((_, index) => ({ object: "embedding", index, embedding })),
    model: body.model,
    usage: { prompt_tokens: 7 * texts.length, total_tokens: 7 * texts.length },
  });
}

/** `/v1/responses` and its lifecycle; it remembers nothing, so that every id is known. */
export async function answerResponses(call: FakeCall, path: string): Promise<void> {
  if (path === "/v1/responses" && call.record.method === "POST") {
    const body = call.record.body;
    if (body?.input === undefined) return refuse(call, 400, "'input' is required");
    return answerModel(call, body, responsesFormat(body));
  }
  const [, id, rest] = /^\/v1\/responses\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  if (id === undefined) return refuse(call, 405, "Method not allowed");
  if (call.record.method === "DELETE") return sendJson(call, 200, { id, object: "response", deleted: true });
  if (rest === "/input_items") return sendJson(call, 200, { object: "list", data: [], has_more: false });
  sendJson(call, 200, { id, object: "response", status: rest === "/cancel" ? "cancelled" : "completed" });
}

function refuse(call: FakeCall, status: number, message: string): void {
  sendJson(call, status, { error: { message, type: "invalid_request_error" } });
}

async function answerModel(call: FakeCall, body: Record<string, unknown>, format: Format): Promise<void> {
  const model = String(body.model ?? "");
  if (!call.models.includes(model))
    return refuse(call, 404, `model "${model}" not found, try pulling it first`);
  const behaviour = behaviourOf(model);
  switch (behaviour) {
    case "stalls-before-first-byte":
      return untilGone(call);
    case "error-500":
      return refuse(call, 500, "the fake model crashed");
    case "error-429":
      return sendJson(call, 429, { error: { message: "the fake is overloaded" } }, { "retry-after": "7" });
    case "html":
      call.response.writeHead(200, { "content-type": "text/html" }).end("<html><body>Sign in</body></html>");
      return;
    case "garbage":
      call.response.writeHead(200, { "content-type": "text/event-stream" });
      call.response.end(Buffer.from("\x00\xff not an event at all }{ \n\n data", "latin1"));
      return;
    case "floods":
      return flood(call, format);
  }
  if (body.stream === true) return stream(call, behaviour, format);
  return whole(call, behaviour, format);
}

async function stream(call: FakeCall, behaviour: FakeBehaviour, format: Format): Promise<void> {
  const send = (text: string) => write(call, text, behaviour === "utf8");
  call.response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  await send(format.first());
  if (behaviour === "calls-tool") await send(format.toolCall());
  if (behaviour === "reasoning")
    for (const token of ["Let me ", "think."]) await send(format.reasoning(token));
  let sent = 0;
  for await (const token of tokens(call, behaviour)) {
    await send(format.text(token));
    sent++;
    if (behaviour === "stalls") return untilGone(call);
    if (behaviour === "cuts-mid-stream" && sent === 3) return void call.response.destroy();
    if (behaviour === "error-mid-stream" && sent === 3) {
      await send(
        `data: ${JSON.stringify({ error: { message: "the fake ran out of memory", code: 500 } })}\n\n`,
      );
      return void call.response.end();
    }
  }
  await send(format.last(finishReason(behaviour), sent));
  call.response.end();
}

async function whole(call: FakeCall, behaviour: FakeBehaviour, format: Format): Promise<void> {
  let text = "";
  let count = 0;
  for await (const token of tokens(call, behaviour)) {
    text += token;
    count++;
  }
  const answer = JSON.stringify(format.whole(text, finishReason(behaviour), count));
  call.response.writeHead(200, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(answer),
  });
  if (behaviour !== "stalls" && behaviour !== "cuts-mid-stream") {
    await write(call, answer, behaviour === "utf8");
    return void call.response.end();
  }
  await write(call, answer.slice(0, 40), false);
  if (behaviour === "stalls") return untilGone(call);
  call.response.destroy();
}

async function* tokens(call: FakeCall, behaviour: FakeBehaviour): AsyncGenerator<string> {
  if (behaviour === "calls-tool") return;
  let perSecond = call.options.tokensPerSecond;
  if (behaviour === "slow") perSecond = SLOW_TOKENS_PER_SECOND;
  if (behaviour === "holds") perSecond = HOLD_TOKENS_PER_SECOND;
  for (const token of words(call, behaviour)) {
    yield token;
    if (perSecond === undefined) await yieldToSockets();
    else await pause(1_000 / perSecond);
    if (call.response.destroyed) throw new Error("the caller left");
  }
}

function* words(call: FakeCall, behaviour: FakeBehaviour): Generator<string> {
  if (behaviour === "holds") {
    for (let i = 0; !call.released.aborted; i++) yield `held ${i} `;
    return;
  }
  if (behaviour === "slow") {
    for (let i = 0; i < 100; i++) yield `word ${i} `;
    return;
  }
  yield* answerText(call, behaviour).match(/\S+\s*/g) ?? [];
}

function answerText(call: FakeCall, behaviour: FakeBehaviour): string {
  const body = call.record.body ?? {};
  if (behaviour === "echo") return JSON.stringify(requestFacts(call));
  if (behaviour === "utf8") return "Grüße, 世界! 👋🏽 Ça va? ẞ";
  return call.options.answer?.(body) ?? "Hello, I am a fake provider and I have no model.";
}

/** What `echo` says: enough to see what arrived, nothing of what was asked. */
function requestFacts({ record }: FakeCall): Record<string, unknown> {
  const { messages, input, ...rest } = record.body ?? {};
  return {
    method: record.method,
    path: record.path,
    bodyBytes: record.bodyBytes,
    messages: Array.isArray(messages) ? messages.length : undefined,
    input: input !== undefined,
    ...rest,
  };
}

async function flood(call: FakeCall, format: Format): Promise<void> {
  call.response.writeHead(200, { "content-type": "text/event-stream" });
  await write(call, format.first(), false);
  const piece = format.text("x".repeat(16 * 1024));
  while (call.record.bytesSent < FLOOD_BYTES && !call.response.destroyed) await write(call, piece, false);
  await write(call, format.last("stop", 0), false);
  call.response.end();
}

async function write(call: FakeCall, text: string, byteByByte: boolean): Promise<void> {
  const bytes = Buffer.from(text);
  const step = byteByByte ? 1 : Math.max(1, bytes.byteLength);
  for (let at = 0; at < bytes.byteLength; at += step) {
    if (call.response.destroyed) throw new Error("the caller left");
    const piece = bytes.subarray(at, at + step);
    call.record.bytesSent += piece.byteLength;
    if (!call.response.write(piece)) await Promise.race([once(call.response, "drain"), call.record.ended]);
    if (byteByByte) await yieldToSockets();
  }
}

async function untilGone(call: FakeCall): Promise<void> {
  const keepAlive = setTimeout(() => {}, NEVER_MS);
  await call.record.ended;
  clearTimeout(keepAlive);
}

function finishReason(behaviour: FakeBehaviour): string {
  if (behaviour === "calls-tool") return "tool_calls";
  return behaviour === "too-long" ? "length" : "stop";
}

/** The longest name that fits, so that `stalls-before-first-byte` is not taken for another. */
function behaviourOf(model: string): FakeBehaviour {
  const fitting = behaviours.filter((name) => model === name || new RegExp(`[:/-]${name}$`).test(model));
  return fitting.sort((a, b) => b.length - a.length)[0] ?? "plain";
}
