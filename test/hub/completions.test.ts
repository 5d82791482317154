import assert from "node:assert/strict";
import { inferenceErrorSchema } from "../../src/protocol/inference";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { joinRaw } from "../support/rawParticipant";
import { Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const sse = { "content-type": "text/event-stream" };

describe("hub: completions and embeddings", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom({ name: "Team", defaults: { temperature: 0.2, instructions: "Be brief." } });
  });
  afterEach(() => t.hub.close());

  const complete = (body: unknown) => t.ask("POST", paths.completions(code), body);
  const embed = (body: unknown) => t.ask("POST", paths.embeddings(code), body);

  it("I14: a completion goes to whom the selector means, with defaults but without instructions", async () => {
    const p = await joinRaw(t, code, "p1", { card: { model: "coder", config: { max_tokens: 64 } } });
    for (const model of ["p1", "model:coder", "coder", "any"]) {
      const answer = complete({ model, prompt: "def f(", suffix: ")", extra: [1] });
      const request = await p.nextRequest();
      assert.equal(request.operation, "completions.create");
      assert.deepEqual([request.method, request.path, request.stream], ["POST", "/v1/completions", false]);
      const defaults = { temperature: 0.2, max_tokens: 64 };
      assert.deepEqual(request.body, {
        model: "coder",
        prompt: "def f(",
        suffix: ")",
        extra: [1],
        ...defaults,
      });
      p.answer(request, { object: "text_completion" });
      const { status, body, headers } = await answer;
      assert.deepEqual([status, body], [200, { object: "text_completion" }]);
      assert.equal(headers.get("x-room-participant"), "p1");
    }
  });

  it("I14: a completion's stream passes untouched, and its tokens are counted", async () => {
    const p = await joinRaw(t, code);
    const log = await watchEvents(t.url + paths.events(code));
    const asked = new Requester(
      t.url,
      { model: "*", prompt: "a", stream: true },
      { path: paths.completions(code) },
    );
    const request = await p.nextRequest();
    assert.equal(request.stream, true);
    const usage = '{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}';
    const text = `data: {"choices":[{"text":"b"}]}\n\ndata: {"choices":[],"usage":${usage}}\n\ndata: [DONE]\n\n`;
    p.answer(request, text, 200, sse);
    assert.equal((await asked.whole()).text, text);
    assert.equal((await log.next("llm.request")).data.protocol, "completions");
    const { data } = await log.next("llm.complete");
    assert.equal(data.protocol, "completions");
    assert.deepEqual([data.metrics?.inputTokens, data.metrics?.outputTokens], [3, 5]);
    log.stop();
  });

  it("I14: embeddings go the same way, and are never streamed", async () => {
    const p = await joinRaw(t, code, "p1", { card: { model: "embedder" } });
    const log = await watchEvents(t.url + paths.events(code));
    const answer = embed({ model: "embedder", input: ["a", "b"], encoding_format: "base64", stream: true });
    const request = await p.nextRequest();
    assert.equal(request.operation, "embeddings.create");
    assert.deepEqual([request.path, request.stream], ["/v1/embeddings", false]);
    assert.deepEqual(request.body, {
      model: "embedder",
      input: ["a", "b"],
      encoding_format: "base64",
      stream: true,
    });
    p.answer(request, { data: [], usage: { prompt_tokens: 4, total_tokens: 4 } });
    assert.equal((await answer).status, 200);
    const { data } = await log.next("llm.complete");
    assert.deepEqual([data.protocol, data.metrics?.inputTokens], ["embeddings", 4]);
    log.stop();
  });

  it("I14: they wait in the same queue, and another takes over where one fails", async () => {
    const p = await joinRaw(t, code, "p1");
    const chat = t.chat(code);
    const busy = await p.nextRequest();
    const asked = new Requester(
      t.url,
      { model: "*", prompt: "a", stream: true },
      { path: paths.completions(code) },
    );
    await eventually(() => assert.deepEqual(asked.comments, ["queued 1"]));
    p.answer(busy, {});
    await (await chat).text();
    const q = await joinRaw(t, code, "p2");
    p.fail(await p.nextRequest());
    q.answer(await q.nextRequest(), "data: [DONE]\n\n", 200, sse);
    assert.deepEqual((await asked.whole()).data, ["[DONE]"]);

    t.clock.advance(3_000);
    const vectors = embed({ model: "any", input: "a" });
    p.answer(await p.nextRequest(), { error: { message: "no embeddings here" } }, 501);
    q.answer(await q.nextRequest(), { data: [1] });
    assert.deepEqual((await vectors).body, { data: [1] });
    const next = t.chat(code, { model: "any" });
    p.answer(await p.nextRequest(), {});
    assert.equal((await next).status, 200, "it lacks a route, and nothing else");
  });

  it("I14: what a participant of the base says of an operation that it does not know is passed on", async () => {
    const p = await joinRaw(t, code, "base", { ours: false });
    const answer = embed({ model: "base", input: "a" });
    p.fail(await p.nextRequest(), "Unsupported operation: embeddings.create");
    const { status, body } = await answer;
    assert.equal(status, 502);
    assert.match(inferenceErrorSchema.parse(body).error.message, /Unsupported operation: embeddings\.create/);
    const other = complete({ model: "base", prompt: "a" });
    p.answer(
      await p.nextRequest(),
      { error: { message: "not offered", code: "operation_not_offered" } },
      404,
    );
    assert.deepEqual([(await other).status, (await other).body.error.message], [404, "not offered"]);
  });

  it("I6: wrong bodies are refused in OpenAI's shape", async () => {
    await joinRaw(t, code);
    for (const [ask, body] of [
      [complete, { model: "*" }],
      [complete, { model: "*", prompt: [] }],
      [complete, { model: "*", prompt: { a: 1 } }],
      [complete, { prompt: "a" }],
      [embed, { model: "*" }],
      [embed, { model: "*", input: 5 }],
      [embed, { model: "*", input: Array.from({ length: 500_001 }, () => 1) }],
      [embed, "not json"],
    ] as const) {
      const { status, body: answer } = await ask(body);
      assert.equal(status, 400);
      assert.equal(inferenceErrorSchema.parse(answer).error.code, "invalid_request");
    }
    assert.equal((await complete({ model: "nobody", prompt: "a" })).status, 404);
    assert.equal((await t.ask("GET", paths.embeddings(code))).status, 405);
  });
});
