import { deepEqual, equal, match, ok } from "node:assert/strict";
import OpenAI from "openai";
import { demoDisclaimer } from "../../src/cli/demoAnswer";
import { splitTokens } from "../../src/cli/demoCompletion";
import { type DemoProvider, startDemoProvider } from "../../src/cli/demoProvider";
import { type Clock, systemClock } from "../../src/common/clock";
import { type Disposable, toDisposable } from "../../src/common/disposable";
import { probeProvider } from "../../src/participant/provider";
import { eventually } from "../support/eventually";

describe("demo provider", () => {
  let provider: DemoProvider;
  let openai: OpenAI;
  let answerText = `${demoDisclaimer}\n\nHello  world, déjà vu 🎉.`;
  const questions: string[] = [];
  const waiting = new Set<Disposable>();
  /** Real time without the waits; knows who waits. */
  const clock: Clock = {
    ...systemClock,
    setTimeout: (callback) => {
      const timer = systemClock.setTimeout(() => {
        waiting.delete(entry);
        callback();
      }, 0);
      const entry = toDisposable(() => {
        waiting.delete(entry);
        timer.dispose();
      });
      waiting.add(entry);
      return entry;
    },
  };

  before(async () => {
    provider = await startDemoProvider({
      models: ["demo-small", "demo-large"],
      answer: async (question) => {
        questions.push(question);
        return answerText;
      },
      clock,
    });
    openai = new OpenAI({ baseURL: `${provider.endpoint}/v1`, apiKey: "none", maxRetries: 0 });
  });
  after(() => provider.close());

  it("is found by the probe that every provider gets", async () => {
    deepEqual((await probeProvider({ endpoint: provider.endpoint })).models, ["demo-small", "demo-large"]);
  });

  it("streams piece by piece, ending with usage where it was asked for", async () => {
    const stream = await openai.chat.completions.create({
      model: "demo-small",
      messages: [{ role: "user", content: [{ type: "text", text: "What is this?" }] }],
      stream: true,
      stream_options: { include_usage: true },
    });
    const pieces: string[] = [];
    let outputTokens: number | undefined;
    let finish: string | null | undefined;
    for await (const chunk of stream) {
      const [choice] = chunk.choices;
      if (choice?.delta.content) pieces.push(choice.delta.content);
      finish = choice?.finish_reason ?? finish;
      outputTokens = chunk.usage?.completion_tokens ?? outputTokens;
    }
    equal(pieces.join(""), answerText);
    ok(pieces.length > 5, "in pieces");
    equal(outputTokens, pieces.length);
    equal(finish, "stop");
    equal(questions.at(-1), "What is this?");
  });

  it("answers in one piece, and no longer than max_tokens", async () => {
    const { choices, usage } = await openai.chat.completions.create({
      model: "demo-large",
      messages: [{ role: "user", content: "Hi" }],
      max_tokens: 3,
    });
    equal(choices[0]?.finish_reason, "length");
    equal(choices[0]?.message.content, splitTokens(answerText).slice(0, 3).join(""));
    equal(usage?.completion_tokens, 3);
  });

  it("stops when the requester does", async () => {
    answerText = "word ".repeat(100_000);
    const stream = await openai.chat.completions.create({
      model: "demo-small",
      messages: [{ role: "user", content: "Go on" }],
      stream: true,
    });
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content) break;
    }
    stream.controller.abort();
    // Whoever still generates waits for the next token's time.
    await eventually(() => waiting.size === 0);
  });

  it("refuses what it does not know in OpenAI's shape", async () => {
    const post = (body: string) =>
      fetch(`${provider.endpoint}/v1/chat/completions`, { method: "POST", body });
    for (const [response, status] of [
      [await post("{"), 400],
      [await post('{"model":"demo-small","messages":[]}'), 400],
      [await post('{"model":"other","messages":[{"role":"user","content":"x"}]}'), 404],
      [await fetch(`${provider.endpoint}/v1/embeddings`, { method: "POST", body: "{}" }), 404],
    ] as const) {
      equal(response.status, status);
      match(((await response.json()) as { error: { message: string } }).error.message, /\S/);
    }
  });
});
