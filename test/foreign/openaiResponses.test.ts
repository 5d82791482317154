import assert from "node:assert/strict";
import type OpenAI from "openai";
import { NotFoundError } from "openai";
import { eventually } from "../support/eventually";
import type { FakeProviderOptions } from "../support/fakeProvider";
import { OpenaiRoom } from "./openaiRoom";

const HELLO = "Hello, I am a fake provider and I have no model.";

const providers: { name: string; options: FakeProviderOptions; path: string }[] = [
  { name: "whose provider has responses", options: { responses: true }, path: "/v1/responses" },
  { name: "whose provider has chat completions only", options: {}, path: "/v1/chat/completions" },
];

for (const { name, options, path } of providers) {
  describe(`the openai package in a room: responses of a participant ${name}`, () => {
    let room: OpenaiRoom;
    let client: OpenAI;
    beforeEach(async () => {
      room = await OpenaiRoom.open();
      client = room.client;
    });
    afterEach(() => room.close());

    it("I12: answers whole", async () => {
      const provider = await room.share("a", "llama3:8b", options);
      const response = await client.responses.create({ model: "a", input: "Hi", instructions: "Be brief." });
      assert.equal(response.status, "completed");
      assert.equal(response.output_text, HELLO);
      assert.ok((response.usage?.output_tokens ?? 0) > 0);
      const call = await provider.waitForRequest((request) => request.path === path && !!request.body?.model);
      assert.equal(call.body?.model, "llama3:8b");
    });

    it("I12: streams, in the order that the client expects", async () => {
      await room.share("a", "llama3:8b", options);
      const types: string[] = [];
      const stream = client.responses.stream({ model: "a", input: [{ role: "user", content: "Hi" }] });
      for await (const event of stream) types.push(event.type);
      const response = await stream.finalResponse();
      assert.equal(response.output_text, HELLO);
      assert.equal(types[0], "response.created");
      assert.equal(types.at(-1), "response.completed");
    });

    it("I9: an abort in mid-stream reaches the provider, and the participant is free again", async () => {
      const provider = await room.share("a", "m:holds", options);
      const stream = await client.responses.create({ model: "a", input: "Hi", stream: true });
      let deltas = 0;
      for await (const event of stream)
        if (event.type === "response.output_text.delta" && ++deltas === 3) stream.controller.abort();
      const call = await provider.waitForRequest((request) => request.path === path && !!request.body?.model);
      await call.ended;
      assert.equal(call.aborted, true);
      await eventually(async () => (await room.status("a")) === "online");
    });

    it("I12: a running response is cancelled by its id", async () => {
      const provider = await room.share("a", "m:holds", options);
      const stream = await client.responses.create({ model: "a", input: "Hi", stream: true });
      let id = "";
      let deltas = 0;
      for await (const event of stream) {
        if (event.type === "response.created") id = event.response.id;
        if (event.type === "response.output_text.delta" && ++deltas === 3) await client.responses.cancel(id);
      }
      const call = await provider.waitForRequest((request) => request.path === path && !!request.body?.model);
      await call.ended;
      assert.equal(call.aborted, true);
      await eventually(async () => (await room.status("a")) === "online");
    });

    it("I6: an unknown model and an unknown response are NotFoundErrors", async () => {
      await room.share("a", "llama3:8b", options);
      await assert.rejects(client.responses.create({ model: "nobody", input: "Hi" }), NotFoundError);
      await assert.rejects(client.responses.retrieve("resp_unknown"), NotFoundError);
    });
  });
}
