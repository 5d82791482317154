import assert from "node:assert/strict";
import { inferenceErrorSchema } from "../../src/protocol/inference";
import { paths } from "../../src/protocol/paths";
import { joinRaw, type RawParticipant } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const sse = { "content-type": "text/event-stream" };

describe("hub: inference plane", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub({ limits: { maxQueue: 0 } });
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  it("Q1: without a queue nobody waits for another participant that is busy, also where the first fails", async () => {
    const [a, b] = [await joinRaw(t, code, "a"), await joinRaw(t, code, "b")];
    const first = t.chat(code);
    const failing = await a.nextRequest();
    const second = t.chat(code);
    const running = await b.nextRequest();
    a.fail(failing);
    assert.equal((await first).status, 502);
    b.answer(running, {});
    assert.equal((await second).status, 200);
  });

  /** Sends a chat, answers it, and tells what the participant got. */
  const received = async (p: RawParticipant, body: Record<string, unknown> = {}) => {
    const answer = t.chat(code, body);
    const request = await p.nextRequest();
    p.answer(request, { ok: true });
    assert.equal((await answer).status, 200);
    return request;
  };
  const refused = async (answer: Response, status: number) => {
    assert.equal(answer.status, status);
    assert.match(answer.headers.get("content-type") ?? "", /^application\/json/);
    return inferenceErrorSchema.parse(await answer.json()).error;
  };

  it("I1: lists connected participants as models", async () => {
    await joinRaw(t, code, "p1", { card: { nickname: "Ada" } });
    await t.register(code, "p2");
    const { status, body } = await t.ask("GET", paths.models(code));
    assert.equal(status, 200);
    assert.equal(body.object, "list");
    assert.equal(body.data.length, 1);
    const { gambi, created, ...model } = body.data[0];
    assert.deepEqual(model, { id: "p1", object: "model", owned_by: "Ada" });
    assert.equal(created, Math.floor(t.clock.now() / 1_000));
    assert.equal(gambi.model, "llama3");
    assert.equal(gambi.nickname, "Ada");
    assert.equal(gambi.connection.connected, true);
    assert.deepEqual(gambi.capabilities, { openResponses: "unknown", chatCompletions: "unknown" });
  });

  it("I2: finds the participant by id, by model, or any", async () => {
    const ada = await joinRaw(t, code, "ada", { card: { model: "llama3" } });
    const bob = await joinRaw(t, code, "bob", { card: { model: "qwen:7b" } });
    assert.ok(await received(ada, { model: "ada" }));
    assert.ok(await received(bob, { model: "bob" }));
    assert.ok(await received(bob, { model: "model:qwen:7b" }));
    assert.ok(await received(bob, { model: "qwen:7b" }));
    assert.ok(await received(ada, { model: "*" }), "least recently used first");
    assert.ok(await received(bob, { model: "any" }));
    assert.ok(await received(ada, { model: "any" }));
  });

  it("I3: sends the participant's own model, and everything else as it came", async () => {
    const p = await joinRaw(t, code);
    const body = {
      model: "model:llama3",
      messages: [{ role: "user", content: "héllo\u{1F600}", name: "x", cache: { a: [1] } }],
      tools: [{ type: "function", function: { name: "f" } }],
      made_up: { deep: [null, 1.5, "x"] },
      stream: false,
    };
    const request = await received(p, body);
    assert.deepEqual(request.body, { ...body, model: "llama3" });
    assert.equal(request.operation, "chat.completions.create");
    assert.equal(request.method, "POST");
    assert.equal(request.path, "/v1/chat/completions");
    assert.equal(request.stream, false);
  });

  it("I3: the base's tunnel gets the body inline, ours in frames", async () => {
    const base = await joinRaw(t, code, "base", { ours: false });
    const ours = await joinRaw(t, code, "ours");
    const inline = await received(base, { model: "base", messages: [{ role: "user", content: "ü" }] });
    assert.equal(inline.n, undefined);
    assert.equal(inline.bodyBytes, undefined);
    assert.equal(inline.body.messages[0].content, "ü");
    const framed = await received(ours, { model: "ours", messages: [{ role: "user", content: "ü" }] });
    assert.ok((framed.bodyBytes ?? 0) > 0);
    assert.equal(framed.body.messages[0].content, "ü");
  });

  it("I4: fills in defaults: room, then participant, then request", async () => {
    const defaults = { temperature: 0.1, top_p: 0.2, seed: 1, instructions: "Room says." };
    code = await t.makeRoom({ name: "Team", defaults });
    const p = await joinRaw(t, code, "p1", { card: { config: { top_p: 0.3, max_tokens: 99 } } });
    const { body } = await received(p, { seed: 5, temperature: null });
    assert.equal(body.temperature, 0.1);
    assert.equal(body.top_p, 0.3);
    assert.equal(body.max_tokens, 99);
    assert.equal(body.seed, 5);
    assert.deepEqual(body.messages[0], { role: "system", content: "Room says." });
    const own = [
      { role: "system", content: "Mine." },
      { role: "user", content: "x" },
    ];
    assert.deepEqual((await received(p, { messages: own })).body.messages, own);
  });

  it("I4: what a provider takes for no limit, or any seed, is a default as well", async () => {
    code = await t.makeRoom({ name: "Team", defaults: { max_tokens: 0, seed: -1 } });
    const p = await joinRaw(t, code, "p1", { card: { config: { max_tokens: -1, seed: 0.5 } } });
    const { body } = await received(p, {});
    assert.deepEqual([body.max_tokens, body.seed], [-1, 0.5]);
    assert.deepEqual((await t.participant(code, "p1")).config, {
      max_tokens: -1,
      seed: 0.5,
      hasInstructions: false,
    });
  });

  it("I5: without a queue it tells unknown, busy, disconnected and failed apart", async () => {
    const p = await joinRaw(t, code, "p1");
    await t.register(code, "gone", { model: "old" });
    assert.equal((await refused(await t.chat(code, { model: "nobody" }), 404)).code, "model_not_found");
    assert.equal((await refused(await t.chat(code, { model: "model:nobody" }), 404)).code, "model_not_found");
    await refused(await t.chat(code, { model: "gone" }), 503);
    await refused(await t.chat(code, { model: "model:old" }), 503);
    const waiting = t.chat(code);
    const request = await p.nextRequest();
    for (const model of ["p1", "llama3", "model:llama3", "*", "any"]) {
      assert.equal((await refused(await t.chat(code, { model }), 409)).code, "participant_busy");
    }
    p.fail(request, "connect ECONNREFUSED");
    assert.match((await refused(await waiting, 502)).message, /ECONNREFUSED/);
    const empty = await t.makeRoom();
    await refused(await t.chat(empty), 404);
    assert.equal((await refused(await t.chat("NOROOM"), 404)).code, "room_not_found");
  });

  it("I5: a participant that refuses is passed on as 429", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code);
    p.fail(await p.nextRequest(), "Paused by its owner.", "refused");
    assert.match((await refused(await waiting, 429)).message, /Paused/);
  });

  it("I6: refuses wrong bodies in OpenAI's shape, streamed or not", async () => {
    await joinRaw(t, code);
    const path = paths.chatCompletions(code);
    const wrong: [unknown, RegExp][] = [
      ["{", /JSON/],
      ["[]", /object/],
      [{}, /model/],
      [{ model: "*" }, /messages/],
      [{ model: "*", messages: [] }, /messages/],
      [{ model: "*", messages: "hi", stream: true }, /messages/],
      [{ model: 5, messages: [{ role: "user" }] }, /model/],
      [{ model: "*", messages: [{}] }, /messages\.0\.role/],
    ];
    for (const [body, names] of wrong) {
      const { status, body: answer } = await t.ask("POST", path, body);
      assert.equal(status, 400);
      const { error } = inferenceErrorSchema.parse(answer);
      assert.match(error.message, names);
      assert.ok(error.hint && error.message.endsWith(` ${error.hint}`), error.message);
      assert.equal(error.type, "invalid_request_error");
    }
    await refused(await t.chat(code, { model: "nobody", stream: true }), 404);
    assert.equal((await t.ask("GET", path)).status, 405);
    assert.equal((await t.ask("GET", `${paths.inference(code)}/none`)).body.error.code, "invalid_request");
  });

  it("I6: a body nested without end is refused or served, never fatal", async () => {
    const p = await joinRaw(t, code);
    p.serve((request) => p.answer(request, {}));
    const deep = `{"model":"*","messages":[{"role":"user","x":${"[".repeat(200_000)}${"]".repeat(200_000)}}]}`;
    const { status } = await t.ask("POST", paths.chatCompletions(code), deep);
    assert.ok(status === 400 || status === 200, String(status));
    assert.equal((await t.ask("GET", paths.health)).status, 200);
  });

  for (const ours of [true, false]) {
    const by = ours ? "ours" : "base";
    it(`I7: passes bytes untouched, split anywhere (${by})`, async () => {
      const p = await joinRaw(t, code, "p1", { ours });
      const waiting = t.chat(code, { stream: true });
      const request = await p.nextRequest();
      assert.equal(request.stream, true);
      const text = 'data: {"choices":[{"delta":{"content":"h\u{1F600}é"}}]}\n\ndata: [DONE]\n\n';
      p.start(request, 200, {
        "content-type": "text/event-stream; charset=utf-8",
        "content-encoding": "gzip",
        "content-length": "3",
      });
      for (const byte of Buffer.from(text)) p.chunk(request, Uint8Array.of(byte));
      p.end(request);
      const answer = await waiting;
      assert.equal(answer.headers.get("content-type"), "text/event-stream; charset=utf-8");
      assert.equal(answer.headers.get("content-encoding"), null);
      assert.equal(await answer.text(), text);
    });
  }

  it("I7: passes a provider's status, type and Retry-After, and nothing that could harm", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const headers = {
      "content-type": "application/problem+json",
      "Retry-After": "7",
      "set-cookie": "a=b",
      location: "http://evil.example",
      "access-control-allow-origin": "*",
      "x-ratelimit-reset": "bad\r\ninjected: 1",
      connection: "upgrade",
    };
    p.answer(await p.nextRequest(), { slow: "down" }, 429, headers);
    const answer = await waiting;
    assert.equal(answer.status, 429);
    assert.equal(answer.headers.get("content-type"), "application/problem+json");
    assert.equal(answer.headers.get("retry-after"), "7");
    for (const name of [
      "set-cookie",
      "location",
      "access-control-allow-origin",
      "x-ratelimit-reset",
      "injected",
    ]) {
      assert.equal(answer.headers.get(name), null, name);
    }
    assert.deepEqual(await answer.json(), { slow: "down" });
  });

  it("I7: labels what the provider did not, and an error never as a stream", async () => {
    const p = await joinRaw(t, code);
    const typeOf = async (stream: boolean, status: number, headers: Record<string, string>) => {
      const waiting = t.chat(code, { stream });
      p.answer(await p.nextRequest(), "{}", status, headers as { "content-type": string });
      const answer = await waiting;
      await answer.text();
      assert.equal(answer.status, status);
      return answer.headers.get("content-type");
    };
    assert.match((await typeOf(true, 200, {})) ?? "", /^text\/event-stream/);
    assert.equal(await typeOf(false, 200, {}), "application/json");
    assert.equal(await typeOf(true, 500, {}), "application/json");
    assert.equal(await typeOf(true, 503, sse), "application/json");
  });

  it("I8: a failure in mid-stream is one event, then the end", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    p.start(request, 200, sse);
    p.chunk(request, 'data: {"half":');
    p.fail(request, "model crashed");
    const events = (await (await waiting).text()).split("\n\n").filter((each) => each !== "");
    assert.equal(events.length, 2);
    const { error } = inferenceErrorSchema.parse(JSON.parse((events[1] ?? "").replace("data: ", "")));
    assert.match(error.message, /model crashed/);
  });

  it("I8: a whole answer that breaks off ends in a broken connection, not in half a document", async () => {
    const p = await joinRaw(t, code);
    const waiting = t.chat(code);
    const request = await p.nextRequest();
    p.start(request, 200, { "content-type": "application/json" });
    p.chunk(request, '{"half":');
    const answer = await waiting;
    p.fail(request);
    await assert.rejects(answer.text());
  });

  it("I11: tells time and tokens, where the provider told them", async () => {
    const p = await joinRaw(t, code);
    const log = await watchEvents(t.url + paths.events(code));
    const waiting = t.chat(code, { stream: true });
    const request = await p.nextRequest();
    t.clock.advance(400);
    p.start(request, 200, sse);
    p.chunk(
      request,
      'data: {"choices":[{"delta":{"content":"\\"usage\\":{\\"completion_tokens\\":9}"}}],"usage":null}\n\n',
    );
    const answer = await waiting;
    const reader = answer.body?.getReader();
    await reader?.read();
    t.clock.advance(2_000);
    p.chunk(
      request,
      'data: {"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":10,"total_tokens":17,"x":{}}}\n\ndata: [DONE]\n\n',
    );
    p.end(request);
    const { data } = await log.next("llm.complete");
    assert.equal(data.participantId, "p1");
    assert.equal(data.model, "llama3");
    assert.deepEqual(data.metrics, {
      ttftMs: 400,
      durationMs: 2_400,
      inputTokens: 7,
      outputTokens: 10,
      totalTokens: 17,
      tokensPerSecond: 5,
    });
    await received(p);
    const bare = await log.next("llm.complete");
    assert.equal(bare.data.metrics?.outputTokens, undefined);
    assert.ok((bare.data.metrics?.durationMs ?? -1) >= 0);
    log.stop();
  });

  it("I13: answers say which request and participant they belong to", async () => {
    const p = await joinRaw(t, code);
    const log = await watchEvents(t.url + paths.events(code));
    const waiting = t.chat(code);
    p.answer(await p.nextRequest(), {});
    const { headers } = await waiting;
    assert.equal(headers.get("x-room-participant"), "p1");
    assert.equal(headers.get("x-request-id"), (await log.next("llm.complete")).data.requestId);
    assert.ok((await t.chat(code, { model: "nobody" })).headers.get("x-request-id"));
    log.stop();
  });
});
