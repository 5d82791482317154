import assert from "node:assert/strict";
import OpenAI from "openai";
import { MAX_BODY_BYTES } from "../../src/protocol/constants";
import { eventually } from "../support/eventually";
import type { FakeProvider } from "../support/fakeProvider";
import { OpenaiRoom } from "./openaiRoom";

const HELLO = "Hello, I am a fake provider and I have no model.";
const hi = [{ role: "user" as const, content: "Hi" }];

describe("the openai package in a room: chat completions", () => {
  let room: OpenaiRoom;
  let client: OpenAI;
  beforeEach(async () => {
    room = await OpenaiRoom.open();
    client = room.client;
  });
  afterEach(() => room.close());

  const free = (id: string) => eventually(async () => (await room.status(id)) === "online");
  const lastCall = (provider: FakeProvider) => provider.requests.filter(({ body }) => body?.messages).at(-1);

  it("I1: lists the models", async () => {
    await room.share("a", "llama3:8b");
    await room.share("b", "phi3");
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id, object, owned_by }) => ({ id, object, owned_by })),
      [
        { id: "a", object: "model", owned_by: "nick-a" },
        { id: "b", object: "model", owned_by: "nick-b" },
      ],
    );
  });

  it("I2: answers whole by id, model:name, name and any", async () => {
    const provider = await room.share("a", "llama3:8b");
    for (const model of ["a", "model:llama3:8b", "llama3:8b", "any", "*"]) {
      const completion = await client.chat.completions.create({ model, messages: hi });
      assert.equal(completion.choices[0]?.message.content, HELLO);
      assert.ok((completion.usage?.completion_tokens ?? 0) > 0);
      assert.equal(lastCall(provider)?.body?.model, "llama3:8b");
    }
  });

  it("I7: streams, with usage where asked for", async () => {
    await room.share("a", "llama3:8b");
    const stream = await client.chat.completions.create({
      model: "a",
      messages: hi,
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = "";
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? "";
      usage = chunk.usage ?? usage;
    }
    assert.equal(text, HELLO);
    assert.equal(usage?.prompt_tokens, 7);
    await free("a");
  });

  it("I7: a stream whose characters are split anywhere arrives whole", async () => {
    await room.share("a", "m:utf8");
    const stream = client.chat.completions.stream({ model: "a", messages: hi });
    assert.equal(await stream.finalContent(), "Grüße, 世界! 👋🏽 Ça va? ẞ");
  });

  it("I9: an abort in mid-stream reaches the provider, and the participant is free again", async () => {
    const provider = await room.share("a", "m:holds");
    const stream = await client.chat.completions.create({ model: "a", messages: hi, stream: true });
    let chunks = 0;
    for await (const chunk of stream) {
      assert.ok(chunk.choices);
      if (++chunks === 3) stream.controller.abort();
    }
    assert.ok(chunks >= 3);
    const call = lastCall(provider);
    await call?.ended;
    assert.equal(call?.aborted, true);
    await free("a");
  });

  it("I9: an abort before the first byte does, too", async () => {
    const provider = await room.share("a", "m:stalls-before-first-byte");
    const stop = new AbortController();
    const asking = client.chat.completions.create({ model: "a", messages: hi }, { signal: stop.signal });
    const call = await provider.waitForRequest(({ body }) => body?.messages !== undefined);
    stop.abort();
    await assert.rejects(asking, OpenAI.APIUserAbortError);
    await call.ended;
    assert.equal(call.aborted, true);
    await free("a");
  });

  it("I6: an unknown model is a NotFoundError that says what to do", async () => {
    await room.share("a", "llama3:8b");
    for (const stream of [false, true]) {
      const error = await refusal(client.chat.completions.create({ model: "nobody", messages: hi, stream }));
      assert.ok(error instanceof OpenAI.NotFoundError);
      assert.match(error.message, /No participant/);
      assert.equal(error.code, "model_not_found");
      assert.equal(error.type, "invalid_request_error");
    }
  });

  it("Q1: what a busy participant is asked for waits, streamed or not, without the client noticing", async () => {
    const provider = await room.share("a", "m:holds");
    const first = client.chat.completions.create({ model: "a", messages: hi });
    await provider.waitForRequest(({ body }) => body?.messages !== undefined);
    const whole = client.chat.completions.create({ model: "model:m:holds", messages: hi });
    // Its headers are there as soon as it waits.
    const streamed = await client.chat.completions.create({ model: "any", messages: hi, stream: true });
    provider.release();
    let text = "";
    for await (const chunk of streamed) text += chunk.choices[0]?.finish_reason ?? "";
    assert.equal(text, "stop");
    for (const each of [first, whole]) assert.equal((await each).choices[0]?.finish_reason, "stop");
  });

  it("I7: a provider's own errors arrive with status, message and Retry-After", async () => {
    await room.share("bad", "m:error-500");
    await room.share("full", "m:error-429");
    for (const stream of [false, true]) {
      const bad = await refusal(client.chat.completions.create({ model: "bad", messages: hi, stream }));
      assert.ok(bad instanceof OpenAI.InternalServerError);
      assert.match(bad.message, /the fake model crashed/);
      const full = await refusal(client.chat.completions.create({ model: "full", messages: hi, stream }));
      assert.ok(full instanceof OpenAI.RateLimitError);
      assert.equal(full.headers?.get("retry-after"), "7");
    }
    await free("bad");
  });

  it("I8: a provider that breaks off in mid-stream is an APIError after the text so far", async () => {
    await room.share("a", "m:cuts-mid-stream");
    const stream = await client.chat.completions.create({ model: "a", messages: hi, stream: true });
    let text = "";
    const reading = (async () => {
      for await (const chunk of stream) text += chunk.choices[0]?.delta.content ?? "";
    })();
    await assert.rejects(reading, OpenAI.APIError);
    assert.ok(text.length > 0 && HELLO.startsWith(text));
    await free("a");
  });

  it("I3: tools pass through, and their calls come back, streamed and whole", async () => {
    const provider = await room.share("a", "m:calls-tool");
    const tools: OpenAI.ChatCompletionTool[] = [
      { type: "function", function: { name: "look", parameters: { type: "object", properties: {} } } },
    ];
    const request = { model: "a", messages: hi, tools, tool_choice: "auto" as const };
    const whole = await client.chat.completions.create(request);
    const [call] = whole.choices[0]?.message.tool_calls ?? [];
    assert.equal(call?.type === "function" && call.function.name, "look");
    assert.deepEqual(lastCall(provider)?.body?.tools, tools);
    const streamed = await client.chat.completions.stream(request).finalChatCompletion();
    const [again] = streamed.choices[0]?.message.tool_calls ?? [];
    assert.equal(again?.type === "function" && again.function.name, "look");
    assert.equal(streamed.choices[0]?.finish_reason, "tool_calls");
  });

  it("M13: a prompt of 32 MB reaches the provider, one beyond is refused", async () => {
    const provider = await room.share("a", "llama3:8b");
    const asking = (content: string) => ({ model: "a", messages: [{ role: "user" as const, content }] });
    const longest = MAX_BODY_BYTES - JSON.stringify(asking("")).length;
    const ask = (bytes: number) => client.chat.completions.create(asking("x".repeat(bytes)));
    assert.equal((await ask(longest)).choices[0]?.message.content, HELLO);
    // The provider's name of the model is longer.
    assert.ok((lastCall(provider)?.bodyBytes ?? 0) > MAX_BODY_BYTES);
    const error = await refusal(ask(longest + 1));
    assert.equal(error.status, 413);
    await free("a");
  });

  it("I2: 20 requests at once over four participants of five each, streamed and whole", async () => {
    const ids = ["a", "b", "c", "d"];
    const providers = await Promise.all(ids.map((id) => room.share(id, "llama3:8b", {}, { capacity: 5 })));
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        if (i % 2 === 0) return client.chat.completions.stream({ model: "any", messages: hi }).finalContent();
        const { choices } = await client.chat.completions.create({ model: "any", messages: hi });
        return choices[0]?.message.content;
      }),
    );
    assert.deepEqual(new Set(answers), new Set([HELLO]));
    const counts = providers.map(({ requests }) => requests.filter(({ body }) => body?.messages).length);
    // Whoever finished sooner may have taken one more.
    assert.equal(
      counts.reduce((sum, each) => sum + each, 0),
      20,
    );
    assert.ok(
      counts.every((each) => each > 0),
      String(counts),
    );
    for (const id of ids) await free(id);
  });
});

async function refusal(asking: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await asking.then(
    () => assert.fail("was not refused"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof OpenAI.APIError, String(error));
  return error;
}
