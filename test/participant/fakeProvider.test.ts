import assert from "node:assert/strict";
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from "../support/fakeProvider";

describe("the fake provider", () => {
  let fake: FakeProvider | undefined;
  afterEach(async () => {
    await fake?.close();
    assert.equal(fake?.openSockets ?? 0, 0);
  });
  const start = async (options?: FakeProviderOptions) => {
    fake = await startFakeProvider(options);
    return fake;
  };
  const chat = (url: string, body: object, signal: AbortSignal | null = null) =>
    fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      signal,
      body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body }),
    });

  it("streams role, text, finish reason, usage where asked for, and [DONE]", async () => {
    const { url } = await start();
    const text = await (
      await chat(url, { model: "llama3:8b", stream: true, stream_options: { include_usage: true } })
    ).text();
    const lines = text.split("\n\n").filter(Boolean);
    assert.match(lines[0] ?? "", /"role":"assistant"/);
    assert.match(text, /"finish_reason":"stop"/);
    assert.match(lines.at(-2) ?? "", /"usage":\{"prompt_tokens":7/);
    assert.equal(lines.at(-1), "data: [DONE]");
  });

  it("answers whole, and 404 for a model that it does not offer", async () => {
    const { url } = await start();
    const whole = (await (await chat(url, { model: "llama3:8b" })).json()) as { object: string };
    assert.equal(whole.object, "chat.completion");
    assert.equal((await chat(url, { model: "other" })).status, 404);
  });

  it("records an abort", async () => {
    const provider = await start({ models: ["llama3:holds"] });
    const stop = new AbortController();
    const response = await chat(provider.url, { model: "llama3:holds", stream: true }, stop.signal);
    assert.equal(response.status, 200);
    const request = await provider.waitForRequest("/v1/chat/completions");
    stop.abort();
    await request.ended;
    assert.equal(request.aborted, true);
    assert.equal(request.finished, false);
  });

  it("holds until it is released", async () => {
    const provider = await start({ models: ["holds"] });
    const response = await chat(provider.url, { model: "holds", stream: true });
    const first = await response.body?.getReader().read();
    assert.equal(first?.done, false);
    const request = await provider.waitForRequest("/v1/chat/completions");
    provider.release();
    await request.ended;
    assert.equal(request.finished, true);
  });

  it("cuts, stalls and refuses as the model's name says", async () => {
    const models = ["cuts-mid-stream", "error-429", "x:error-500", "html", "stalls"];
    const { url } = await start({ models });
    await assert.rejects(
      async () => await (await chat(url, { model: "cuts-mid-stream", stream: true })).text(),
    );
    const busy = await chat(url, { model: "error-429" });
    assert.deepEqual([busy.status, busy.headers.get("retry-after")], [429, "7"]);
    assert.equal((await chat(url, { model: "x:error-500" })).status, 500);
    assert.match(await (await chat(url, { model: "html" })).text(), /<html>/);
    assert.equal((await chat(url, { model: "stalls", stream: true })).status, 200);
  });

  it("wants its key", async () => {
    const { url } = await start({ apiKey: "secret" });
    assert.equal((await fetch(`${url}/v1/models`)).status, 401);
    const headers = { authorization: "Bearer secret" };
    assert.equal((await fetch(`${url}/v1/models`, { headers })).status, 200);
  });
});
