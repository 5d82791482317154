import assert from "node:assert/strict";
import OpenAI from "openai";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

const messages = [{ role: "user" as const, content: "hello" }];
const chunkOf = (content: string) =>
  `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content } }] })}\n\n`;

describe("hub: OpenAI's own client", () => {
  let t: TestHub;
  let code: string;
  let p: RawParticipant;
  let client: OpenAI;
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
    p = await joinRaw(t, code, "ada");
    client = new OpenAI({ baseURL: t.url + paths.inference(code), apiKey: "none", maxRetries: 0 });
  });
  afterEach(() => t.hub.close());

  const stream = (request: RawRequest, pieces: string[]) => {
    p.start(request, 200, { "content-type": "text/event-stream" });
    for (const piece of pieces) p.chunk(request, piece);
  };

  it("I1: lists models", async () => {
    const { data } = await client.models.list();
    assert.deepEqual(
      data.map(({ id, owned_by }) => [id, owned_by]),
      [["ada", "nick-ada"]],
    );
  });

  it("I7: chats in one piece", async () => {
    p.serve((request) =>
      p.answer(request, { id: "c", choices: [{ index: 0, message: { role: "assistant", content: "Hi" } }] }),
    );
    const completion = await client.chat.completions.create({ model: "ada", messages });
    assert.equal(completion.choices[0]?.message.content, "Hi");
    assert.ok(completion._request_id);
  });

  it("I7: chats in a stream, comments of a long wait included", async () => {
    const answer = client.chat.completions.create({ model: "llama3", messages, stream: true });
    const request = await p.nextRequest();
    t.clock.advance(20_000);
    stream(request, [chunkOf("Hé"), chunkOf("llo"), "data: [DONE]\n\n"]);
    p.end(request);
    let text = "";
    for await (const chunk of await answer) text += chunk.choices[0]?.delta.content ?? "";
    assert.equal(text, "Héllo");
  });

  it("I8: a stream that fails throws what happened", async () => {
    const answer = client.chat.completions.create({ model: "*", messages, stream: true });
    const request = await p.nextRequest();
    stream(request, [chunkOf("half")]);
    p.fail(request, "out of memory");
    const read = async () => {
      for await (const _ of await answer);
    };
    await assert.rejects(read(), /out of memory/);
  });

  it("I9: aborting reaches the participant", async () => {
    const answer = await Promise.all([
      client.chat.completions.create({ model: "*", messages, stream: true }),
      p.nextRequest().then((request) => {
        stream(request, [chunkOf("a")]);
        return request;
      }),
    ]);
    for await (const _ of answer[0]) break;
    assert.equal((await p.nextMessage("tunnel.cancel")).requestId, answer[1].requestId);
    p.end(answer[1]);
    await eventually(async () => (await t.participant(code, "ada")).status === "online");
  });

  it("I6: each refusal is the error that the client has for it", async () => {
    const ask = (model: string) => client.chat.completions.create({ model, messages });
    await assert.rejects(
      ask("nobody"),
      (error) => error instanceof OpenAI.NotFoundError && error.code === "model_not_found",
    );
    await t.register(code, "gone", { model: "other" });
    await assert.rejects(ask("gone"), OpenAI.InternalServerError);
    const busy = ask("ada");
    const request = await p.nextRequest();
    await assert.rejects(ask("ada"), OpenAI.ConflictError);
    p.fail(request);
    await assert.rejects(busy, (error) => error instanceof OpenAI.APIError && error.status === 502);
    await assert.rejects(
      client.chat.completions.create({ model: "ada", messages: [] }),
      OpenAI.BadRequestError,
    );
    const limited = ask("ada");
    p.answer(await p.nextRequest(), { error: { message: "slow down" } }, 429);
    await assert.rejects(limited, OpenAI.RateLimitError);
  });

  it("I12: makes a response, asks for it and removes it", async () => {
    const response = { id: "resp_7", object: "response", status: "completed", output: [] };
    p.serve((request) =>
      p.answer(request, request.method === "DELETE" ? { id: "resp_7", deleted: true } : response),
    );
    const made = await client.responses.create({ model: "ada", input: "hello" });
    assert.equal(made.id, "resp_7");
    assert.equal((await client.responses.retrieve("resp_7")).status, "completed");
    await client.responses.delete("resp_7");
    await assert.rejects(client.responses.retrieve("resp_7"), OpenAI.NotFoundError);
  });
});
