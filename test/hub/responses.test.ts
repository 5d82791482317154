import assert from "node:assert/strict";
import { inferenceErrorSchema } from "../../src/protocol/inference";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { joinRaw, type RawParticipant } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const sse = { "content-type": "text/event-stream" };
const chatOnly = { capabilities: { openResponses: "unsupported", chatCompletions: "supported" } };
const completion = {
  id: "c",
  object: "chat.completion",
  choices: [{ index: 0, message: { role: "assistant", content: "Hi there" }, finish_reason: "stop" }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
};

describe("hub: responses", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  const create = (body: Record<string, unknown> = {}, init: RequestInit = {}) =>
    fetch(t.url + paths.responses(code), {
      method: "POST",
      body: JSON.stringify({ model: "*", input: "hello", ...body }),
      ...init,
    });
  const at = (id: string, rest = "") => `${paths.responses(code)}/${id}${rest}`;
  /** Makes a native response with that id. */
  const made = async (p: RawParticipant, id: string) => {
    const waiting = create();
    p.answer(await p.nextRequest(), { id, object: "response", status: "completed" });
    assert.equal((await waiting).status, 200);
  };

  it("I12: goes to a provider that has the route, defaults filled in under its names", async () => {
    code = await t.makeRoom({
      name: "x",
      defaults: { instructions: "Be brief.", max_tokens: 9, temperature: 0 },
    });
    const p = await joinRaw(t, code);
    const waiting = create({ made_up: 1 });
    const request = await p.nextRequest();
    assert.equal(request.operation, "responses.create");
    assert.equal(request.path, "/v1/responses");
    assert.deepEqual(request.body, {
      model: "llama3",
      input: "hello",
      made_up: 1,
      instructions: "Be brief.",
      temperature: 0,
      max_output_tokens: 9,
    });
    p.answer(request, { id: "resp_1", usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } });
    assert.equal(((await (await waiting).json()) as { id: string }).id, "resp_1");
  });

  it("I12: what is asked of a response goes to the participant that made it", async () => {
    const p = await joinRaw(t, code, "p1");
    await made(p, "resp_1");
    await joinRaw(t, code, "p2");
    const asked = async (method: string, path: string, operation: string, tunnelPath: string) => {
      const waiting = t.ask(method, path);
      const request = await p.nextRequest();
      assert.equal(request.operation, operation);
      assert.equal(request.method, method);
      assert.equal(request.path, tunnelPath);
      assert.equal(request.bodyBytes, undefined);
      p.answer(request, { seen: operation });
      const { status, body, headers } = await waiting;
      assert.equal(status, 200);
      assert.deepEqual(body, { seen: operation });
      assert.equal(headers.get("x-room-participant"), "p1");
    };
    await asked(
      "GET",
      at("resp_1", "?include=x&limit=2"),
      "responses.get",
      "/v1/responses/resp_1?include=x&limit=2",
    );
    await asked(
      "GET",
      at("resp_1", "/input_items?limit=5"),
      "responses.input_items",
      "/v1/responses/resp_1/input_items?limit=5",
    );
    await asked("POST", at("resp_1", "/cancel"), "responses.cancel", "/v1/responses/resp_1/cancel");
    await asked("DELETE", at("resp_1"), "responses.delete", "/v1/responses/resp_1");
    assert.equal((await t.ask("GET", at("resp_1"))).status, 404);
  });

  it("I12: what continues a response waits for the participant that made it, whoever else is free", async () => {
    const maker = await joinRaw(t, code, "p1");
    await made(maker, "resp_1");
    const other = await joinRaw(t, code, "p2");
    const first = create({ previous_response_id: "resp_1" });
    const request = await maker.nextRequest();
    const second = create({ previous_response_id: "resp_1" });
    const elsewhere = create({ previous_response_id: "resp_of_nobody" });
    other.answer(await other.nextRequest(), { id: "resp_2" });
    assert.equal((await elsewhere).headers.get("x-room-participant"), "p2");
    maker.answer(request, { id: "resp_3" });
    maker.answer(await maker.nextRequest(), { id: "resp_4" });
    for (const answer of [await first, await second])
      assert.equal(answer.headers.get("x-room-participant"), "p1");
  });

  it("I12: a participant that left is asked for what it made once it is back", async () => {
    await made(await joinRaw(t, code, "p1"), "resp_1");
    await t.ask("DELETE", paths.participant(code, "p1"));
    assert.equal((await t.ask("GET", at("resp_1"))).status, 503);
    const back = await joinRaw(t, code, "p1");
    const waiting = t.ask("GET", at("resp_1"));
    back.answer(await back.nextRequest(), { id: "resp_1" });
    assert.equal((await waiting).status, 200);
    const other = await joinRaw(t, code, "p2");
    const making = create({ model: "p2" });
    other.answer(await other.nextRequest(), { id: "resp_1" });
    assert.equal((await making).status, 200);
    const again = t.ask("GET", at("resp_1"));
    back.answer(await back.nextRequest(), { id: "resp_1" });
    assert.equal((await again).headers.get("x-room-participant"), "p1", "nor does anybody take it over");
  });

  it("I12: learns the id from a stream too, and asks while the participant is busy", async () => {
    const p = await joinRaw(t, code);
    const waiting = create({ stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    const event =
      'event: response.created\ndata: {"type":"response.created","response":{"object":"response","id":"resp_s"}}\n\n';
    for (const piece of [event.slice(0, 70), event.slice(70)]) p.chunk(request, piece);
    const answer = await waiting;
    const cancelling = await eventually(async () => {
      const asking = t.ask("POST", at("resp_s", "/cancel"));
      const first = await Promise.race([asking, p.nextRequest()]);
      return "operation" in first ? { asking, first } : false;
    });
    assert.equal(cancelling.first.operation, "responses.cancel");
    p.answer(cancelling.first, { id: "resp_s", status: "cancelled" });
    assert.equal((await cancelling.asking).status, 200);
    p.end(request);
    assert.equal(await answer.text(), event);
  });

  it("I12: an id that nobody made is unknown, whatever is in it", async () => {
    const p = await joinRaw(t, code);
    await made(p, "resp_1");
    await made(p, "../../api/delete");
    const other = await t.makeRoom();
    for (const path of [
      at("resp_2"),
      at("..%2F..%2Fapi%2Fdelete"),
      at("%2e%2e"),
      at("resp_1%3Fx=1"),
      `${paths.responses(other)}/resp_1`,
    ]) {
      const { status, body } = await t.ask("GET", path);
      assert.equal(status, 404, path);
      inferenceErrorSchema.parse(body);
    }
    assert.deepEqual(p.requests, []);
  });

  it("I12: a participant that is gone answers 503, a failing one 502", async () => {
    const p = await joinRaw(t, code);
    await made(p, "resp_1");
    const waiting = t.ask("GET", at("resp_1"));
    p.fail(await p.nextRequest());
    assert.equal((await waiting).status, 502);
    const silent = t.ask("GET", at("resp_1"));
    await p.nextRequest();
    p.socket.close();
    assert.equal((await silent).status, 502);
    await eventually(async () => (await t.ask("GET", at("resp_1"))).status === 503);
  });

  it("I12: translates for a provider with chat completions only", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    const log = await watchEvents(t.url + paths.events(code));
    const waiting = create({ instructions: "Be brief.", temperature: 0.3 });
    const request = await p.nextRequest();
    assert.equal(request.operation, "chat.completions.create");
    assert.deepEqual(request.body.messages.at(-1), { role: "user", content: "hello" });
    assert.equal(request.body.model, "llama3");
    assert.equal(request.body.temperature, 0.3);
    p.answer(request, completion);
    const answer = await waiting;
    assert.equal(answer.headers.get("content-type"), "application/json");
    const response = (await answer.json()) as {
      id: string;
      object: string;
      output: { content: { text: string }[] }[];
    };
    assert.equal(response.object, "response");
    assert.equal(response.output[0]?.content[0]?.text, "Hi there");
    assert.equal((await log.next("llm.complete")).data.protocol, "chatCompletions");
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/cancel"],
      ["GET", "/input_items"],
    ] as const) {
      assert.equal((await t.ask(method, at(response.id, path))).status, 501);
    }
    log.stop();
  });

  it("I12: translates where the provider turns out not to have the route", async () => {
    for (const [status, ours] of [
      [404, true],
      [405, false],
      [501, true],
    ] as const) {
      const id = `p${status}`;
      const p = await joinRaw(t, code, id, { ours });
      const waiting = create({ model: id });
      p.answer(await p.nextRequest(), { error: "no such route" }, status);
      const request = await p.nextRequest();
      assert.equal(request.operation, "chat.completions.create");
      assert.equal((await t.participant(code, id)).status, "busy");
      p.answer(request, completion);
      const answer = await waiting;
      assert.equal(answer.status, 200);
      assert.equal(((await answer.json()) as { object: string }).object, "response");
      assert.equal((await t.participant(code, id)).status, "online");
    }
  });

  it("I12: a tunnel that closes between the two attempts fails the request and frees the slot", async () => {
    const p = await joinRaw(t, code);
    const waiting = create();
    const request = await p.nextRequest();
    p.start(request, 404);
    p.socket.close();
    assert.equal((await waiting).status, 502);
    const back = await joinRaw(t, code);
    const again = t.chat(code);
    back.answer(await back.nextRequest(), {});
    assert.equal((await again).status, 200);
  });

  it("I8: a failure in mid-stream, or after waiting, is a failed response's event", async () => {
    const p = await joinRaw(t, code);
    const [running, waiting] = [create({ stream: true }), create({ stream: true })];
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, "data: {}\n\n");
    for (const asked of [await running, await waiting]) assert.equal(asked.status, 200);
    await t.ask("DELETE", paths.participant(code, "p1"));
    for (const asked of [await running, await waiting]) {
      const [last = ""] = (await (await asked).text()).split("\n\n").slice(-2);
      assert.match(last, /^event: response.failed\ndata: \{"error":/);
      const event = JSON.parse(last.slice(last.indexOf("{")));
      const { error } = inferenceErrorSchema.parse(event);
      assert.equal(event.type, "response.failed");
      assert.equal(event.response.status, "failed");
      assert.equal(event.response.error.message, error.message);
      assert.equal(typeof event.sequence_number, "number", "the AI SDK takes no event without one");
    }
  });

  it("I8: a provider's error after waiting has a response's shape, whatever its own is", async () => {
    const p = await joinRaw(t, code);
    for (const [error, told] of [
      [
        { message: "Too long.", code: 400 },
        { code: "server_error", message: "Too long." },
      ],
      [{ code: "overloaded" }, { code: "overloaded", message: "The provider failed." }],
      ["Too long.", { code: "server_error", message: "Too long." }],
    ] as const) {
      const running = create();
      const first = await p.nextRequest();
      const answer = await create({ stream: true });
      p.answer(first, {});
      p.answer(await p.nextRequest(), { error }, 400);
      const data = (await answer.text()).split("data: ").at(-1) ?? "";
      const event = JSON.parse(data);
      assert.deepEqual([event.error, event.response.error], [error, told]);
      await (await running).text();
    }
  });

  it("E5: a whole response after waiting for a stream is told as no stream", async () => {
    const p = await joinRaw(t, code);
    const running = create();
    const first = await p.nextRequest();
    const answer = await create({ stream: true });
    p.answer(first, {});
    p.answer(await p.nextRequest(), { id: "resp_1", object: "response", error: null });
    const data = (await answer.text()).split("data: ").at(-1) ?? "";
    const { error } = inferenceErrorSchema.parse(JSON.parse(data));
    assert.match(error.message, /did not stream/);
    await (await running).text();
  });

  it("I12: says which field cannot be translated", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    const refused = await create({ previous_response_id: "resp_0" });
    assert.equal(refused.status, 400);
    assert.match(inferenceErrorSchema.parse(await refused.json()).error.message, /previous_response_id/);
    assert.equal((await t.participant(code, "p1")).status, "online");
    await joinRaw(t, code, "p2");
    const waiting = create({ model: "p2", previous_response_id: "resp_0" });
    const native = await joinRaw(t, code, "p2");
    // The second tunnel supersedes the first, so that the request fails: asked again it is refused.
    assert.equal((await waiting).status, 502);
    const again = create({ model: "p2", previous_response_id: "resp_0" });
    native.answer(await native.nextRequest(), {}, 404);
    assert.equal((await again).status, 400);
    assert.deepEqual(p.requests, []);
    assert.equal((await t.participant(code, "p2")).status, "online");
  });

  it("I12: a translated stream can be cancelled by its id while it runs", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    const waiting = create({ stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content: "Hi" } }] })}\n\n`);
    const answer = await waiting;
    assert.match(answer.headers.get("content-type") ?? "", /^text\/event-stream/);
    const reader = answer.body?.getReader();
    let text = "";
    await eventually(async () => {
      text += Buffer.from((await reader?.read())?.value ?? []).toString();
      return text.includes('"Hi"');
    });
    const id = /"id":"(resp_\w+)"/.exec(text)?.[1] ?? "";
    const { status, body } = await t.ask("POST", at(id, "/cancel"));
    assert.equal(status, 200);
    assert.equal(body.status, "cancelled");
    await p.nextMessage("tunnel.cancel");
    while (!(await reader?.read())?.done);
    assert.equal((await t.ask("POST", at(id, "/cancel"))).status, 501);
    p.end(request);
    await eventually(async () => (await t.participant(code, "p1")).status === "online");
  });

  it("I12: garbage in place of a chat completion is a failed provider", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    const waiting = create();
    p.answer(await p.nextRequest(), "secret garbage");
    const answer = await waiting;
    assert.equal(answer.status, 502);
    assert.doesNotMatch(await answer.text(), /secret/);
    await eventually(async () => (await t.participant(code, "p1")).status === "online");
  });

  it("I12: a provider's error passes through the translation", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    const waiting = create({ stream: true });
    p.answer(await p.nextRequest(), { error: { message: "overloaded" } }, 503);
    const answer = await waiting;
    assert.equal(answer.status, 503);
    assert.deepEqual(await answer.json(), { error: { message: "overloaded" } });
  });
});
