import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import type { ChatOptions } from "../../src/client/streamChat";
import type { HumanErrorCode } from "../../src/common/humanError";
import { createHub, type Hub } from "../../src/hub/createHub";
import { ParticipantSession } from "../../src/participant/participantSession";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { assertHumanError } from "./assertHumanError";
import { collectChat } from "./collectChat";

const models = [
  "llama3:8b",
  "utf8",
  "reasoning",
  "too-long",
  "slow",
  "holds",
  "error-500",
  "error-429",
  "error-mid-stream",
  "cuts-mid-stream",
  "garbage",
  "html",
  "floods",
];

describe("client, hub, participant and provider together", () => {
  let provider: FakeProvider;
  let hub: Hub;
  let roomCode: string;
  const sessions: ParticipantSession[] = [];

  before(async () => {
    provider = await startFakeProvider({ models, answer: () => "Hello from the model." });
    hub = await createHub({ port: 0, open: true });
    roomCode = (await new HubClient(hub.url).createRoom({ name: "Team" })).room.code;
    for (const model of models) {
      const card = { participantId: `p-${model}`, nickname: model, model, endpoint: provider.url };
      sessions.push(new ParticipantSession({ hubUrl: hub.url, roomCode, ...card }));
    }
    await Promise.all(sessions.map((session) => session.start()));
  });

  after(async () => {
    await Promise.all(sessions.map((session) => session.stop()));
    await hub.close();
    await provider.close();
  });

  const ask = (model: string, options: Partial<ChatOptions> = {}, onText?: () => void) =>
    collectChat({ hubUrl: hub.url, roomCode, model: `model:${model}`, ...options }, (part) => {
      if (part.type === "text") onText?.();
    });

  it("C5: brings a model's words to the reader", async () => {
    const { text, done, error, parts } = await ask("llama3:8b");
    assert.equal(error, undefined);
    assert.equal(text, "Hello from the model.");
    assert.equal(done?.finishReason, "stop");
    assert.equal(parts[0]?.type === "answering" && parts[0].participantId, "p-llama3:8b");
  });

  it("C5: brings characters whole however their bytes were split", async () => {
    const { text, error } = await ask("utf8");
    assert.equal(error, undefined);
    assert.ok(text.length > 0 && !text.includes("\ufffd"));
  });

  it("C5: keeps thinking apart, and tells why it ended", async () => {
    const thought = await ask("reasoning");
    assert.ok(thought.reasoning.length > 0 && thought.text.length > 0);
    assert.equal((await ask("too-long")).done?.finishReason, "length");
  });

  it("C6: a stop closes the provider's request", async () => {
    const abort = new AbortController();
    const { error, text } = await ask("slow", { signal: abort.signal }, () => abort.abort());
    assert.equal(error, undefined);
    assert.ok(text.length > 0);
    const request = await provider.waitForRequest(({ body }) => body?.model === "slow");
    await eventually(() => request.aborted);
  });

  const failures: [model: string, code: HumanErrorCode, hasText: boolean][] = [
    ["error-500", "PROVIDER_FAILED", false],
    ["error-429", "PARTICIPANT_BUSY", false],
    ["error-mid-stream", "PROVIDER_FAILED", true],
    ["cuts-mid-stream", "PROVIDER_FAILED", true],
    ["garbage", "STREAM_BROKEN", false],
    ["html", "STREAM_BROKEN", false],
    ["floods", "STREAM_BROKEN", true],
  ];
  for (const [model, code, hasText] of failures) {
    it(`C7: a provider that "${model}" becomes an error, and what came is kept`, async () => {
      const { error, text } = await ask(model, { limits: { maxAnswerLength: 100_000 } });
      assertHumanError(error, code);
      assert.equal(text.length > 0, hasText);
    });
  }

  it("C7: the hub's end is the answer's, and what came is kept", async () => {
    let begun = false;
    const answer = ask("holds", {}, () => {
      begun = true;
    });
    await eventually(() => begun);
    await hub.close();
    const { error, text } = await answer;
    assert.ok(text.length > 0);
    assert.ok(error instanceof Error && error.name === "HumanError", String(error));
  });
});
