import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import OpenAI from "openai";
import { chatToResponse } from "../../src/protocol/chatToResponse";
import { ChatToResponsesStream } from "../../src/protocol/chatToResponsesStream";
import type { ResponsesRequest } from "../../src/protocol/inference";
import { responsesToChat } from "../../src/protocol/responsesToChat";
import { UntranslatableError } from "../../src/protocol/untranslatableError";

const request = (more: Partial<ResponsesRequest> & Record<string, unknown> = {}): ResponsesRequest => ({
  model: "llama3:8b",
  input: "Hello",
  ...more,
});
const context = (more: Record<string, unknown> = {}) => ({
  request: request(more),
  responseId: "resp_1",
  createdAt: 1_700_000_000_000,
});

interface Written {
  type: string;
  sequence_number: number;
  [field: string]: unknown;
}

function events(bytes: string): Written[] {
  const blocks = bytes.split("\n\n").filter((block) => block.startsWith("event: "));
  return blocks.map((block) => {
    const [event, data] = block.split("\n");
    const value = JSON.parse(data?.slice("data: ".length) ?? "") as Written;
    assert.equal(event, `event: ${value.type}`);
    return value;
  });
}

function translate(chat: string, { pieces = [chat.length], cancel = false } = {}): string {
  const stream = new ChatToResponsesStream(context());
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
  let written = text(stream.start());
  const bytes = Buffer.from(chat);
  let at = 0;
  for (const size of [...pieces, bytes.length]) {
    written += text(stream.push(bytes.subarray(at, at + size)));
    at += size;
  }
  return written + text(cancel ? stream.cancel() : stream.end());
}

const chunk = (delta: object, finish: string | null = null, more: object = {}) =>
  `data: ${JSON.stringify({ object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: finish }], ...more })}\n\n`;

const plainChat =
  chunk({ role: "assistant", content: "" }) +
  chunk({ content: "Grüße, " }) +
  chunk({ content: "世界 👋" }) +
  chunk({}, "stop") +
  `data: ${JSON.stringify({ choices: [], usage: { prompt_tokens: 5, completion_tokens: 2, total_tokens: 7 } })}\n\n` +
  "data: [DONE]\n\n";

describe("responsesToChat", () => {
  it("P10: asks the same of chat completions", () => {
    const chat = responsesToChat(
      request({
        instructions: "Be brief.",
        max_output_tokens: 50,
        temperature: 0.5,
        top_k: 40,
        stream: true,
        store: true,
        metadata: { a: "b" },
        reasoning: { effort: "low" },
        text: { format: { type: "json_schema", name: "city", strict: true, schema: { type: "object" } } },
        tools: [{ type: "function", name: "f", parameters: { type: "object" }, strict: null }],
        tool_choice: { type: "function", name: "f" },
      }),
    );
    assert.deepEqual(chat, {
      model: "llama3:8b",
      messages: [
        { role: "system", content: "Be brief." },
        { role: "user", content: "Hello" },
      ],
      max_tokens: 50,
      temperature: 0.5,
      top_k: 40,
      stream: true,
      stream_options: { include_usage: true },
      reasoning_effort: "low",
      response_format: {
        type: "json_schema",
        json_schema: { name: "city", strict: true, schema: { type: "object" } },
      },
      tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      tool_choice: { type: "function", function: { name: "f" } },
    });
  });

  it("P10: turns input items into messages, one assistant message for a turn's text and calls", () => {
    const { messages } = responsesToChat(
      request({
        instructions: "A",
        input: [
          { role: "developer", content: "B" },
          { type: "message", role: "user", content: [{ type: "input_text", text: "Hi" }] },
          { type: "reasoning", id: "rs_1", summary: [] },
          {
            role: "assistant",
            content: [
              { type: "output_text", text: "I " },
              { type: "refusal", refusal: "look." },
            ],
          },
          { type: "function_call", call_id: "c1", name: "f", arguments: "{}" },
          { type: "function_call", call_id: "c2", name: "g", arguments: "{}" },
          { type: "function_call_output", call_id: "c1", output: "1" },
          {
            role: "user",
            content: [
              { type: "input_text", text: "See" },
              { type: "input_image", image_url: "data:image/png;base64,AA", detail: "low" },
            ],
          },
        ],
      }),
    );
    const call = (id: string, name: string) => ({
      id,
      type: "function",
      function: { name, arguments: "{}" },
    });
    assert.deepEqual(messages, [
      { role: "system", content: "A\n\nB" },
      { role: "user", content: "Hi" },
      { role: "assistant", content: "I look.", tool_calls: [call("c1", "f"), call("c2", "g")] },
      { role: "tool", tool_call_id: "c1", content: "1" },
      {
        role: "user",
        content: [
          { type: "text", text: "See" },
          { type: "image_url", image_url: { url: "data:image/png;base64,AA", detail: "low" } },
        ],
      },
    ]);
  });

  for (const [name, fields, message] of [
    ["an earlier response", { previous_response_id: "resp_0" }, /previous_response_id/],
    ["a conversation", { conversation: "c" }, /conversation/],
    ["background work", { background: true }, /background/],
    ["a stored prompt", { prompt: { id: "p" } }, /prompt/],
    ["a tool of the provider's", { tools: [{ type: "web_search" }] }, /tools.*web_search/],
    ["an item of another kind", { input: [{ type: "item_reference", id: "x" }] }, /item_reference/],
    ["a file", { input: [{ role: "user", content: [{ type: "input_file", file_id: "f" }] }] }, /input_file/],
    [
      "a call without its name",
      { input: [{ type: "function_call", call_id: "c" }] },
      /function_call \(name\)/,
    ],
    ["an empty input", { input: [] }, /input/],
    ["a strange role", { input: [{ role: "wizard", content: "secret spell" }] }, /role/],
    ["an odd tool choice", { tool_choice: { type: "mcp" } }, /tool_choice/],
    ["an odd text format", { text: { format: { type: "xml" } } }, /text\.format/],
  ] as const) {
    it(`P10: says that ${name} cannot be translated, without repeating what was asked`, () => {
      assert.throws(
        () => responsesToChat(request(fields as Record<string, unknown>)),
        (error: unknown) => {
          assert.ok(error instanceof UntranslatableError);
          assert.match(error.message, message);
          assert.doesNotMatch(error.message, /secret/);
          return true;
        },
      );
    });
  }

  it("never throws anything but UntranslatableError, whatever the input", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.jsonValue(), fc.record({ role: fc.jsonValue(), content: fc.jsonValue() }))),
        (input) => {
          try {
            responsesToChat(request({ input }));
          } catch (error) {
            assert.ok(error instanceof UntranslatableError, String(error));
          }
        },
      ),
    );
  });
});

describe("chatToResponse", () => {
  it("P10: says the same as a whole completion", () => {
    const response = chatToResponse(
      {
        choices: [
          {
            message: {
              role: "assistant",
              content: "Hi.",
              reasoning_content: "Hm.",
              tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: "{}" } }],
            },
            finish_reason: "length",
          },
        ],
        usage: { prompt_tokens: 3, completion_tokens: 4, completion_tokens_details: { reasoning_tokens: 1 } },
      },
      context({ instructions: "x", temperature: 0.1 }),
    );
    assert.equal(response.status, "incomplete");
    assert.deepEqual(response.incomplete_details, { reason: "max_output_tokens" });
    assert.equal(response.created_at, 1_700_000_000);
    assert.equal(response.temperature, 0.1);
    assert.deepEqual(
      (response.output as { type: string }[]).map(({ type }) => type),
      ["reasoning", "message", "function_call"],
    );
    assert.deepEqual(response.usage, {
      input_tokens: 3,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: 4,
      output_tokens_details: { reasoning_tokens: 1 },
      total_tokens: 7,
    });
  });

  for (const garbage of [undefined, null, "x", {}, { choices: [] }, { choices: [{ message: "hi" }] }])
    it(`P10: refuses ${JSON.stringify(garbage)} as no completion`, () => {
      assert.throws(() => chatToResponse(garbage, context()), UntranslatableError);
    });
});

describe("ChatToResponsesStream", () => {
  it("P10: writes every event in its order, numbered, and ends once", () => {
    const written = translate(plainChat);
    const all = events(written);
    assert.deepEqual(
      all.map(({ type }) => type),
      [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
      ],
    );
    assert.deepEqual(
      all.map(({ sequence_number }) => sequence_number),
      all.map((_, index) => index),
    );
    assert.ok(written.endsWith("data: [DONE]\n\n"));
    const { response } = all.at(-1) as unknown as { response: Record<string, unknown> };
    assert.match(JSON.stringify(response.output), /Grüße, 世界 👋/);
    assert.equal((response.usage as { total_tokens: number }).total_tokens, 7);
  });

  it("P10: writes the same however the bytes are split", () => {
    const whole = translate(plainChat);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 }), (pieces) => {
        assert.equal(translate(plainChat, { pieces }), whole);
      }),
    );
  });

  it("P10: shows thoughts, then text, then calls as items of their own", () => {
    const all = events(
      translate(
        chunk({ reasoning_content: "Hm" }) +
          chunk({ content: "Look:" }) +
          chunk({ tool_calls: [{ index: 0, id: "c1", function: { name: "f", arguments: "" } }] }) +
          chunk({ tool_calls: [{ index: 0, function: { arguments: '{"a":' } }] }) +
          chunk({ tool_calls: [{ index: 1, id: "c2", function: { name: "g", arguments: "{}" } }] }) +
          chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }) +
          chunk({}, "tool_calls"),
      ),
    );
    const done = all.filter(({ type }) => type === "response.output_item.done").map(({ item }) => item);
    assert.deepEqual(
      done.map((item) => (item as { type: string }).type),
      ["reasoning", "message", "function_call", "function_call"],
    );
    assert.deepEqual(done[2], {
      id: "fc_1_2",
      type: "function_call",
      status: "completed",
      call_id: "c1",
      name: "f",
      arguments: '{"a":1}',
    });
    assert.equal(all.at(-1)?.type, "response.completed");
  });

  for (const [name, chat, message] of [
    [
      "an error event",
      `${chunk({ content: "a" })}data: {"error":{"message":"out of memory"}}\n\n`,
      /out of memory/,
    ],
    ["garbage", "data: }{\n\n", /not a chat completion/],
    ["an early end", chunk({ content: "a" }), /before it was complete/],
    ["nothing at all", "", /before it was complete/],
    ["an event without end", `data: ${"x".repeat(5 * 1024 * 1024)}`, /without end/],
  ] as const) {
    it(`P10: ${name} becomes response.failed, once, and the end`, () => {
      const late =
        message.source.includes("without end") || message.source.includes("complete")
          ? ""
          : chunk({ content: "late" });
      const written = translate(chat + late);
      const all = events(written);
      const last = all.at(-1) as unknown as { type: string; response: { error: { message: string } } };
      assert.equal(last.type, "response.failed");
      assert.match(last.response.error.message, message);
      assert.equal(all.filter(({ type }) => /failed|completed/.test(type)).length, 1);
      assert.ok(written.endsWith("data: [DONE]\n\n"));
    });
  }

  it("P10: a cancelled one keeps what came and says cancelled", () => {
    const all = events(translate(chunk({ content: "so far" }), { cancel: true }));
    const last = all.at(-1) as unknown as { type: string; response: { status: string; output: unknown } };
    assert.deepEqual([last.type, last.response.status], ["response.incomplete", "cancelled"]);
    assert.match(JSON.stringify(last.response.output), /so far/);
  });

  it("P10: an answer without end fails rather than filling memory", () => {
    const stream = new ChatToResponsesStream(context());
    stream.start();
    const piece = Buffer.from(chunk({ content: "x".repeat(1024 * 1024) }));
    let written = "";
    for (let i = 0; i < 20; i++) written = Buffer.from(stream.push(piece)).toString() || written;
    assert.match(written, /too long/);
  });
});

describe("a translated stream, read by OpenAI's own client", () => {
  let server: Server;
  const serve = async (chat: string) => {
    server = createServer((_, response) => {
      response.writeHead(200, { "content-type": "text/event-stream" }).end(translate(chat));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    return new OpenAI({ apiKey: "none", baseURL: `http://127.0.0.1:${port}/v1`, maxRetries: 0 });
  };
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  it("P10: yields its text and final response", async () => {
    const client = await serve(plainChat);
    const stream = client.responses.stream({ model: "llama3:8b", input: "Hello" });
    let text = "";
    stream.on("response.output_text.delta", ({ delta }) => (text += delta));
    const final = await stream.finalResponse();
    assert.equal(text, "Grüße, 世界 👋");
    assert.equal(final.output_text, text);
    assert.equal(final.status, "completed");
  });

  it("P10: yields its tool calls", async () => {
    const client = await serve(
      chunk({ tool_calls: [{ index: 0, id: "c1", function: { name: "f", arguments: '{"a":' } }] }) +
        chunk({ tool_calls: [{ index: 0, function: { arguments: "1}" } }] }) +
        chunk({}, "tool_calls") +
        "data: [DONE]\n\n",
    );
    const final = await client.responses.stream({ model: "llama3:8b", input: "Hello" }).finalResponse();
    const [call] = final.output;
    assert.ok(call?.type === "function_call");
    assert.deepEqual([call.name, call.call_id, call.arguments], ["f", "c1", '{"a":1}']);
  });
});
