import assert from "node:assert/strict";
import type OpenAI from "openai";
import { OpenaiRoom } from "./openaiRoom";

const HELLO = "Hello, I am a fake provider and I have no model.";

describe("the openai package in a room: completions and embeddings", () => {
  let room: OpenaiRoom;
  let client: OpenAI;
  beforeEach(async () => {
    room = await OpenaiRoom.open();
    client = room.client;
    await room.share("a", "llama3:8b");
  });
  afterEach(() => room.close());

  it("I14: a completion, whole and streamed", async () => {
    const request = { model: "a", prompt: "Once upon", suffix: "the end" };
    const whole = await client.completions.create(request);
    assert.equal(whole.choices[0]?.text, HELLO);
    assert.equal(whole.usage?.prompt_tokens, 7);
    let text = "";
    for await (const chunk of await client.completions.create({ ...request, stream: true }))
      text += chunk.choices[0]?.text ?? "";
    assert.equal(text, HELLO);
  });

  it("I14: embeddings of several texts, in the client's own base64", async () => {
    const { data, usage } = await client.embeddings.create({ model: "any", input: ["a", "b"] });
    assert.deepEqual(
      data.map(({ embedding }) => embedding),
      [
        [0.5, -0.25, 1],
        [0.5, -0.25, 1],
      ],
    );
    assert.equal(usage.prompt_tokens, 14);
  });
});
