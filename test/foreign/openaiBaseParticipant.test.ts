import assert from "node:assert/strict";
import OpenAI from "openai";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

const HELLO = "Hello, I am a fake provider and I have no model.";
const capabilities = { openResponses: "unsupported", chatCompletions: "supported" };

describe("the openai package and a participant that knows the base only", () => {
  let testHub: TestHub;
  let provider: FakeProvider;
  let participant: RawParticipant;
  let client: OpenAI;
  let code: string;

  beforeEach(async () => {
    testHub = await startHub();
    code = await testHub.makeRoom();
    client = new OpenAI({ baseURL: testHub.url + paths.inference(code), apiKey: "none", maxRetries: 0 });
  });
  afterEach(async () => {
    participant.socket.terminate();
    await testHub.hub.close();
    await provider.close();
  });

  /** Shares one model as a participant of the base does: whatever is asked goes to the provider as it is. */
  async function share(model: string): Promise<void> {
    provider = await startFakeProvider({ models: [model] });
    participant = await joinRaw(testHub, code, "a", { ours: false, card: { model, capabilities } });
    participant.serve((request) => {
      serve(request).catch(() => participant.fail(request));
    });
  }

  async function serve(request: RawRequest): Promise<void> {
    const { method, path, headers } = request;
    const answer = await fetch(provider.url + path, { method, headers, body: JSON.stringify(request.body) });
    participant.start(request, answer.status, Object.fromEntries(answer.headers));
    for await (const bytes of answer.body ?? []) participant.chunk(request, bytes);
    participant.end(request);
  }

  it("T3: chat completions, whole and streamed", async () => {
    await share("m:utf8");
    const request = { model: "a", messages: [{ role: "user" as const, content: "Hi" }] };
    const whole = await client.chat.completions.create(request);
    assert.equal(whole.choices[0]?.message.content, "Grüße, 世界! 👋🏽 Ça va? ẞ");
    const streamed = await client.chat.completions.stream(request).finalContent();
    assert.equal(streamed, whole.choices[0]?.message.content);
  });

  it("I12: the hub translates a response, and dates it in seconds", async () => {
    await share("llama3:8b");
    const response = await client.responses.create({ model: "a", input: "Hi", instructions: "Be brief." });
    assert.equal(response.output_text, HELLO);
    assert.equal(response.created_at, Math.floor(testHub.clock.now() / 1_000));
    assert.deepEqual(provider.requests.at(-1)?.body?.messages, [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ]);
  });

  it("I12: the hub translates a stream, in the order that the client expects", async () => {
    await share("m:utf8");
    const stream = client.responses.stream({ model: "a", input: "Hi" });
    const types: string[] = [];
    for await (const event of stream) types.push(event.type);
    assert.equal((await stream.finalResponse()).output_text, "Grüße, 世界! 👋🏽 Ça va? ẞ");
    assert.equal(types[0], "response.created");
    assert.equal(types.at(-1), "response.completed");
  });

  it("I12: function tools are translated both ways, whole and streamed", async () => {
    await share("m:calls-tool");
    const tools: OpenAI.Responses.FunctionTool[] = [
      { type: "function", name: "look", strict: false, parameters: { type: "object", properties: {} } },
    ];
    const request = { model: "a", input: "Hi", tools };
    const whole = await client.responses.create(request);
    const streamed = await client.responses.stream(request).finalResponse();
    for (const output of [whole.output, streamed.output] as OpenAI.Responses.ResponseOutputItem[][]) {
      const call = output.find((item) => item.type === "function_call");
      assert.equal(call?.name, "look");
      JSON.parse(call?.arguments ?? "");
    }
  });

  it("I12: what has no equal in chat completions is refused, and so is a participant with neither route", async () => {
    await share("llama3:8b");
    const asking = client.responses.create({ model: "a", input: "Hi", previous_response_id: "resp_1" });
    await assert.rejects(asking, OpenAI.BadRequestError);
    await testHub.register(code, "a", {
      capabilities: { openResponses: "unsupported", chatCompletions: "unsupported" },
    });
    await assert.rejects(client.responses.create({ model: "a", input: "Hi" }), (error) => {
      assert.ok(error instanceof OpenAI.APIError);
      assert.equal(error.status, 501);
      return true;
    });
    assert.equal((await testHub.participant(code, "a")).status, "online");
  });

  it("I9: it cannot be told of an abort, and is busy to the end of its answer", async () => {
    await share("m:holds");
    const stream = await client.chat.completions.create({
      model: "a",
      messages: [{ role: "user", content: "Hi" }],
      stream: true,
    });
    let chunks = 0;
    for await (const chunk of stream) if (chunk.choices && ++chunks === 3) stream.controller.abort();
    await eventually(async () => (await testHub.participant(code, "a")).status === "busy");
    provider.release();
    await eventually(async () => (await testHub.participant(code, "a")).status === "online");
    assert.equal(
      participant.messages.some(({ type }) => type === "tunnel.cancel"),
      false,
    );
  });
});
