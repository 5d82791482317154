import assert from "node:assert/strict";
import type { RoomEvent } from "../../src/protocol/events";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { joinRaw, type RawParticipant, type RawRequest } from "../support/rawParticipant";
import { askChat } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";
import { type EventLog, watchEvents } from "../support/watchEvents";

const sse = { "content-type": "text/event-stream" };

describe("hub: failover", () => {
  let t: TestHub;
  let code: string;
  let log: EventLog;
  let a: RawParticipant;
  let b: RawParticipant;
  /** Of the model that both share: the first asked is `a`. */
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
    a = await joinRaw(t, code, "a");
    b = await joinRaw(t, code, "b");
    log = await watchEvents(t.url + paths.events(code));
  });
  afterEach(async () => {
    log.stop();
    await t.hub.close();
  });

  const llmEvents = () =>
    log.events
      .filter((event): event is Extract<RoomEvent, { type: `llm.${string}` }> =>
        event.type.startsWith("llm."),
      )
      .map(({ type, data }) => `${type} ${data.participantId}`);
  const statusOf = async (id: string) => (await t.participant(code, id)).status;

  const failures: Record<string, (p: RawParticipant, request: RawRequest) => void> = {
    "its tunnel is lost": (p) => p.socket.terminate(),
    "an error comes instead of an answer": (p, request) => p.fail(request, "connect ECONNREFUSED"),
    "it refuses": (p, request) => p.fail(request, "busy with its owner's work", "refused"),
    "it stops sharing": (p, request) => p.fail(request, "The participant stopped sharing.", "cancelled"),
    "it ends before it began": (p, request) => p.end(request),
    "its provider answers 500": (p, request) => p.answer(request, { error: { message: "crashed" } }, 500),
    "its provider answers 429": (p, request) => p.start(request, 429, { "retry-after": "7" }),
    "it began, and its tunnel is lost before the first byte": (p, request) => {
      p.start(request, 200, sse);
      p.socket.terminate();
    },
    "it began, and fails before the first byte": (p, request) => {
      p.start(request);
      p.fail(request, "the model crashed");
    },
    "it sends garbage": (p, request) => p.chunk(request, "no start"),
  };
  for (const [name, fail] of Object.entries(failures)) {
    for (const model of ["any", "model:llama3", "llama3"]) {
      it(`Q7: ${name}: another of ${model} answers, and the requester sees one answer`, async () => {
        const answer = t.chat(code, { model });
        fail(a, await a.nextRequest());
        b.answer(await b.nextRequest(), { from: "b" });
        const got = await answer;
        assert.equal(got.status, 200);
        assert.equal(got.headers.get("x-room-participant"), "b");
        assert.deepEqual(await got.json(), { from: "b" });
        await log.next("llm.complete").then(({ data }) => assert.equal(data.participantId, "b"));
        assert.equal(await statusOf("b"), "online");
      });
    }
  }

  it("Q7: whoever failed is asked after the others for a while, and is tried again then", async () => {
    const ends = async () => {
      const { data } = await log.next("llm.complete");
      return data.participantId;
    };
    const first = t.chat(code);
    a.fail(await a.nextRequest());
    b.answer(await b.nextRequest(), {});
    await first;
    assert.equal(await ends(), "b");
    const both = [t.chat(code), t.chat(code)];
    for (let n = 0; n < 2; n++) {
      b.answer(await b.nextRequest(), {});
      assert.equal(await ends(), "b");
    }
    for (const each of both) assert.equal((await each).status, 200);
    t.clock.advance(3_000);
    const last = t.chat(code);
    a.answer(await a.nextRequest(), {});
    assert.equal((await last).status, 200);
  });

  it("Q7: whose provider answers 500 is asked after the others also where nobody could take over", async () => {
    for (const [p, status] of [
      [a, 500],
      [b, 200],
    ] as const) {
      const answer = t.chat(code, { model: p === a ? "a" : "b" });
      p.answer(await p.nextRequest(), {}, status);
      assert.equal((await answer).status, status);
    }
    const next = t.chat(code);
    b.answer(await b.nextRequest(), {});
    assert.equal((await next).status, 200);
    assert.equal(a.requests.length, 0);
  });

  it("Q7: where two have failed of late the third answers, not the second of them", async () => {
    const c = await joinRaw(t, code, "c");
    const first = t.chat(code);
    a.fail(await a.nextRequest());
    b.fail(await b.nextRequest());
    assert.equal((await first).status, 502);
    for (let n = 0; n < 3; n++) {
      const answer = t.chat(code);
      c.answer(await c.nextRequest(), {});
      assert.equal((await answer).status, 200);
    }
  });

  it("Q7: whoever has failed serves all the same where there is nobody else", async () => {
    b.socket.terminate();
    await eventually(async () => assert.equal(await statusOf("b"), "offline"));
    const answers = [t.chat(code), t.chat(code)];
    for (const answer of answers) {
      a.fail(await a.nextRequest());
      assert.equal((await answer).status, 502);
    }
  });

  it("Q7: what waits for others is served by whoever has failed, once that is forgiven", async () => {
    const first = t.chat(code);
    a.fail(await a.nextRequest());
    await b.nextRequest();
    const waiting = askChat(t, code, { model: "any" });
    await eventually(() => assert.ok(waiting.comments.length > 0));
    t.clock.advance(3_000);
    a.answer(await a.nextRequest(), "data: [DONE]\n\n", 200, sse);
    await waiting.whole();
    b.socket.terminate();
    await first;
  });

  it("Q7: what waits for others is served by whoever has failed, once it answers others", async () => {
    await t.register(code, "a", { capacity: 2 });
    await t.heartbeat(code, "b", { status: "busy" });
    const failed = t.chat(code, { model: "a" });
    a.fail(await a.nextRequest());
    assert.equal((await failed).status, 502);
    const waiting = askChat(t, code);
    await eventually(() => assert.deepEqual(waiting.comments, ["queued 1"]));
    const answered = t.chat(code, { model: "a" });
    a.answer(await a.nextRequest(), {});
    assert.equal((await answered).status, 200);
    t.clock.advance(1_000);
    a.answer(await a.nextRequest(), "data: [DONE]\n\n", 200, sse);
    await waiting.whole();
  });

  it("Q7: what waits for others is served by whoever has failed as soon as the others are gone", async () => {
    const gone: Record<string, () => unknown> = {
      "lost its tunnel": () => b.socket.terminate(),
      paused: () => t.heartbeat(code, "b", { status: "offline" }),
      "shares something else": () => t.register(code, "b", { model: "phi3" }),
      left: () => t.ask("DELETE", paths.participant(code, "b")),
    };
    for (const [what, go] of Object.entries(gone)) {
      b = await joinRaw(t, code, "b");
      await t.heartbeat(code, "b", { status: "busy" });
      const failed = t.chat(code, { model: "a" });
      a.fail(await a.nextRequest());
      assert.equal((await failed).status, 502);
      const waiting = askChat(t, code, { model: "llama3" });
      await eventually(() => assert.match(waiting.comments.join(), /^queued 1/, what));
      await go();
      a.answer(await a.nextRequest(), "data: [DONE]\n\n", 200, sse);
      await waiting.whole();
    }
  });

  it("Q7: what waits for others is served by whoever has failed as soon as the others have failed too", async () => {
    const failed = t.chat(code, { model: "a" });
    a.fail(await a.nextRequest());
    assert.equal((await failed).status, 502);
    const running = t.chat(code, { model: "b" });
    const last = await b.nextRequest();
    const waiting = [askChat(t, code), askChat(t, code)];
    await eventually(() => assert.ok(waiting.every(({ comments }) => comments.length > 0)));
    b.fail(last);
    assert.equal((await running).status, 502);
    for (const each of [a, b]) each.answer(await each.nextRequest(), "data: [DONE]\n\n", 200, sse);
    for (const each of waiting) await each.whole();
  });

  it("Q2: requests that their participant fails keep their order", async () => {
    const served: unknown[] = [];
    const asked = [0, 1, 2, 3].map((n) => askChat(t, code, { model: "any", user: "ann", seed: n }));
    const running = [await a.nextRequest(), await b.nextRequest()];
    await eventually(() => assert.ok(asked.filter(({ comments }) => comments.length > 0).length >= 2));
    a.fail(running[0] as RawRequest);
    b.answer(running[1] as RawRequest, "data: [DONE]\n\n", 200, sse);
    for (let n = 0; n < 3; n++) {
      const next = await b.nextRequest();
      served.push(next.body.seed);
      b.answer(next, "data: [DONE]\n\n", 200, sse);
    }
    for (const each of asked) await each.whole();
    assert.deepEqual(served, [...served].sort());
  });

  it("Q7: the one that takes over is asked anew: its own model and defaults", async () => {
    await t.register(code, "a", { model: "m1", config: { temperature: 0.1, instructions: "Be a." } });
    await t.register(code, "b", { model: "m2", config: { top_p: 0.5 } });
    const asked = askChat(t, code, { model: "*", max_tokens: 9 });
    const first = await a.nextRequest();
    assert.deepEqual([first.body.model, first.body.temperature, first.body.messages.length], ["m1", 0.1, 2]);
    a.fail(first);
    const second = await b.nextRequest();
    assert.notEqual(second.requestId, first.requestId);
    const { messages, ...rest } = second.body;
    assert.deepEqual(rest, { model: "m2", top_p: 0.5, max_tokens: 9, stream: true });
    assert.equal(messages.length, 1);
    b.answer(second, "data: [DONE]\n\n", 200, sse);
    await asked.whole();
    assert.equal(asked.headers["x-room-participant"], "b");
  });

  it("E4: each attempt's llm.request has its own end", async () => {
    const answer = t.chat(code);
    a.fail(await a.nextRequest());
    const request = await b.nextRequest();
    assert.deepEqual(llmEvents(), ["llm.request a", "llm.error a", "llm.request b"]);
    b.answer(request, { ok: true });
    await (await answer).text();
    await eventually(() =>
      assert.deepEqual(llmEvents(), ["llm.request a", "llm.error a", "llm.request b", "llm.complete b"]),
    );
  });

  it("Q7: the one that failed is cancelled, and what it says later is nobody's", async () => {
    const answer = t.chat(code);
    const request = await a.nextRequest();
    a.start(request, 503);
    const cancel = await a.nextMessage("tunnel.cancel");
    assert.equal(cancel.requestId, request.requestId);
    assert.equal(await statusOf("a"), "busy", "until it confirms");
    a.chunk(request, "late");
    a.end(request);
    b.answer(await b.nextRequest(), { from: "b" });
    assert.deepEqual(await (await answer).json(), { from: "b" });
    await eventually(async () => assert.equal(await statusOf("a"), "online"));
  });

  it("Q7: one that knows no cancel is busy until its answer has run out", async () => {
    a.socket.terminate();
    await eventually(async () => assert.equal(await statusOf("a"), "offline"));
    a = await joinRaw(t, code, "a", { ours: false });
    const answer = t.chat(code);
    const request = await a.nextRequest();
    a.start(request, 500);
    b.answer(await b.nextRequest(), { from: "b" });
    assert.deepEqual(await (await answer).json(), { from: "b" });
    assert.equal(await statusOf("a"), "busy");
    a.chunk(request, "{}");
    a.end(request);
    await eventually(async () => assert.equal(await statusOf("a"), "online"));
  });

  it("Q7: once only, and the second failure is told", async () => {
    const answer = t.chat(code);
    a.fail(await a.nextRequest());
    b.answer(await b.nextRequest(), { error: { message: "also broken" } }, 500);
    const got = await answer;
    assert.equal(got.status, 500);
    assert.equal(got.headers.get("x-room-participant"), "b");
    assert.match(await got.text(), /also broken/);
    assert.equal(a.requests.length, 0);
  });

  it("Q7: nobody takes over from one that was picked", async () => {
    const answer = t.chat(code, { model: "a" });
    a.fail(await a.nextRequest());
    assert.equal((await answer).status, 502);
    assert.equal(b.requests.length, 0);
  });

  it("Q7: nor where the request itself is refused, nor after an answer began, nor where it only takes long", async () => {
    const wrong = t.chat(code);
    a.answer(await a.nextRequest(), { error: { message: "no such tool" } }, 400);
    assert.equal((await wrong).status, 400);

    const begun = askChat(t, code);
    const request = await b.nextRequest();
    b.start(request, 200, sse);
    b.chunk(request, "data: one\n\n");
    await eventually(() => assert.deepEqual(begun.data, ["one"]));
    b.fail(request, "out of memory");
    await begun.whole();
    assert.equal(begun.data.length, 2);
    assert.match(begun.data[1] ?? "", /out of memory/);

    const late = t.chat(code);
    await a.nextRequest();
    for (let passed = 0; passed < 300_000; passed += 20_000) {
      for (const id of ["a", "b"]) await t.heartbeat(code, id);
      for (const p of [a, b]) p.send({ type: "tunnel.ping", timestamp: 0 });
      for (const p of [a, b]) await p.nextMessage("tunnel.pong");
      t.clock.advance(20_000);
    }
    assert.equal((await late).status, 504);
    assert.equal(a.requests.length + b.requests.length, 0);
  });

  it("Q7: where the others are busy it waits for one of them, before later requests of the same requester", async () => {
    await t.heartbeat(code, "b", { status: "busy" });
    const failed = askChat(t, code, { messages: [{ role: "user", content: "first" }] });
    const request = await a.nextRequest();
    const later = askChat(t, code, { model: "b", messages: [{ role: "user", content: "later" }] });
    await eventually(() => assert.deepEqual(later.comments, ["queued 1"]));
    a.fail(request);
    await eventually(() => assert.deepEqual(failed.comments, ["queued 1"]));
    assert.equal(a.requests.length, 0, "not back to the one that failed");
    await t.heartbeat(code, "b", { status: "online" });
    const next = await b.nextRequest();
    assert.equal(next.body.messages[0].content, "first");
    b.answer(next, "data: [DONE]\n\n", 200, sse);
    await failed.whole();
    assert.deepEqual(failed.comments, ["queued 1", "participant b", "answer"]);
    const last = await b.nextRequest();
    assert.equal(last.body.messages[0].content, "later");
    b.answer(last, "data: [DONE]\n\n", 200, sse);
    await later.whole();
  });

  it("Q7: where nobody can take over after all, the first failure is the reason", async () => {
    await t.heartbeat(code, "b", { status: "busy" });
    const asked = askChat(t, code);
    a.fail(await a.nextRequest(), "connect ECONNREFUSED");
    await eventually(() => assert.deepEqual(asked.comments, ["queued 1"]));
    await t.ask("DELETE", paths.participant(code, "b"));
    await asked.whole();
    assert.equal(asked.data.length, 1);
    assert.match(asked.data[0] ?? "", /ECONNREFUSED/);
    await eventually(async () => assert.equal(await statusOf("a"), "online"));
  });

  it("Q7: a room whose participants all fail tells each request once, and keeps no slot", async () => {
    const asked = Array.from({ length: 8 }, () => askChat(t, code));
    for (const p of [a, b]) p.serve((request) => p.fail(request));
    await Promise.all(asked.map((each) => each.whole()));
    for (const each of asked) {
      const told = each.status === 200 ? each.data.length : Number(each.status === 502);
      assert.equal(told, 1);
    }
    for (const id of ["a", "b"]) assert.equal(await statusOf(id), "online");
    const events = llmEvents().filter((each) => !each.startsWith("llm.queued"));
    const ends = events.filter((each) => each.startsWith("llm.error")).length;
    assert.equal(ends, events.length / 2);
  });
});
