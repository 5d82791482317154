import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { ChatOptions } from "../../src/client/streamChat";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { assertHumanError } from "./assertHumanError";
import { collectChat } from "./collectChat";
import { type GambiCall, GambiHub } from "./gambiHub";
import { beginStream, sendData, sendJson } from "./rawHub";
import { room } from "./samples";

const created = { type: "response.created", response: { id: "resp_1", status: "in_progress" } };
const text = (delta: string) => ({ type: "response.output_text.delta", delta });
const completed = (response: Record<string, unknown> = {}) => ({
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output: [], usage: { output_tokens: 0 }, ...response },
});

describe("streamChat on a Gambi hub", () => {
  let hub: GambiHub;
  /** The stream that is open, for the test to write to. */
  let open: ServerResponse | undefined;

  beforeEach(async () => {
    hub = await new GambiHub(room()).start();
    open = undefined;
  });
  afterEach(async () => {
    await eventually(() => hub.openSockets === 0);
    assert.equal(hub.crashed, false, "a closed stream ends a Gambi hub");
    await hub.close();
  });

  const ask = (options: Partial<ChatOptions> = {}, onPart?: () => void) =>
    collectChat({ hubUrl: hub.url, ...options }, onPart);

  function answersWith(...events: unknown[]): (call: GambiCall) => void {
    return ({ response }) => {
      beginStream(response);
      for (const event of events) sendData(response, event);
      response.end("data: [DONE]\n\n");
    };
  }

  /** Begins an answer and leaves it open; a cancel ends it, as a provider that is told to stop does. */
  function answersUntilCancelled(...events: unknown[]): (call: GambiCall) => void {
    return ({ path, response }) => {
      if (path.endsWith("/cancel")) {
        sendJson(response, 200, { id: "resp_1", status: "cancelled" });
        open?.end();
        return;
      }
      open = response;
      beginStream(response);
      for (const event of events) sendData(response, event);
    };
  }

  it("C5: asks over /responses, and reads its events", async () => {
    const reasoning = { type: "response.reasoning_text.delta", delta: "Hm" };
    hub.onCall = answersWith(
      created,
      reasoning,
      text("Hel"),
      text("lo"),
      completed({ usage: { output_tokens: 9 } }),
    );
    const messages = [
      { role: "system", content: "Be brief." },
      { role: "user", content: "Hi" },
    ] as const;
    const answer = await ask({ messages, model: "p1" });
    assert.equal(answer.error, undefined);
    assert.deepEqual([answer.reasoning, answer.text], ["Hm", "Hello"]);
    assert.deepEqual([answer.done?.finishReason, answer.done?.outputTokens], ["stop", 9]);
    assert.equal(hub.calls[0]?.path, "/rooms/ROOM23/v1/responses");
    assert.deepEqual(hub.calls[0]?.body, { model: "p1", input: messages, stream: true });
  });

  it("C5: counts by itself where the hub tells no usage, and sees an answer that was cut", async () => {
    const details = { incomplete_details: { reason: "max_output_tokens" } };
    hub.onCall = answersWith(created, text("a"), text("b"), {
      ...completed(details),
      type: "response.incomplete",
    });
    const { done } = await ask();
    assert.deepEqual([done?.finishReason, done?.outputTokens], ["length", 2]);
  });

  it("C5: takes the text from the last event where no deltas came", async () => {
    const output = [
      { type: "reasoning", content: [{ type: "reasoning_text", text: "Hm" }] },
      { type: "message", content: [{ type: "output_text", text: "Whole" }] },
    ];
    hub.onCall = answersWith(created, completed({ output }));
    const answer = await ask();
    assert.deepEqual([answer.reasoning, answer.text], ["Hm", "Whole"]);
  });

  it("C5: understands a whole answer in place of a stream", async () => {
    const output = [{ type: "message", content: [{ type: "output_text", text: "Whole" }] }];
    hub.onCall = ({ response }) =>
      sendJson(response, 200, { id: "r", object: "response", error: null, output });
    assert.equal((await ask()).text, "Whole");
  });

  it("C6: stops at once, cancels by the answer's id, and drains the stream to its end", async () => {
    hub.onCall = answersUntilCancelled(created, text("Half"));
    const abort = new AbortController();
    const answer = await ask({ signal: abort.signal }, () => abort.abort());
    assert.deepEqual([answer.error, answer.text, answer.done], [undefined, "Half", undefined]);
    await eventually(() => hub.calls.length === 2);
    assert.equal(hub.calls[1]?.path, "/rooms/ROOM23/v1/responses/resp_1/cancel");
    await eventually(() => open?.writableFinished === true);
  });

  it("C6: waits for the id where the abort comes before it is known", async () => {
    hub.onCall = (call) => {
      if (call.path.endsWith("/cancel")) return answersUntilCancelled()(call);
      open = call.response;
    };
    const abort = new AbortController();
    const answering = ask({ signal: abort.signal });
    await eventually(() => open !== undefined);
    abort.abort();
    assert.deepEqual((await answering).parts, []);
    assert.ok(open);
    beginStream(open);
    sendData(open, created);
    await eventually(() => hub.calls.length === 2 && open?.writableFinished === true);
  });

  it("C6: drains quietly where the answer knows no cancel", async () => {
    hub.onCall = ({ path, response }) => {
      if (path.endsWith("/cancel")) return sendJson(response, 501, { error: "no lifecycle" });
      open = response;
      beginStream(response);
      for (const event of [created, text("Half")]) sendData(response, event);
    };
    const abort = new AbortController();
    await ask({ signal: abort.signal }, () => abort.abort());
    await eventually(() => hub.calls.length === 2);
    assert.ok(open);
    for (let n = 0; n < 2_000; n++) sendData(open, text("never shown ".repeat(10)));
    open.end();
    await eventually(() => open?.writableFinished === true);
  });

  it("C6: drains for ten minutes at most", async () => {
    const clock = new FakeClock();
    hub.onCall = ({ path, response }) => {
      if (path.endsWith("/cancel")) return sendJson(response, 200, {});
      open = response;
      beginStream(response);
      for (const event of [created, text("Half")]) sendData(response, event);
    };
    const abort = new AbortController();
    await ask({ signal: abort.signal, clock }, () => abort.abort());
    await eventually(() => hub.calls.length === 2 && clock.pendingTimers === 1);
    clock.advance(599_999);
    assert.equal(hub.crashed, false);
    clock.advance(1);
    await eventually(() => hub.crashed);
    assert.equal(clock.pendingTimers, 0);
    hub.crashed = false;
  });

  it("C7: an answer that goes wrong is drained as well", async () => {
    hub.onCall = ({ path, response }) => {
      if (path.endsWith("/cancel")) return answersUntilCancelled()({ path, response, body: {} });
      open = response;
      beginStream(response);
      for (const event of [created, text("Half"), 7]) sendData(response, event);
    };
    const answer = await ask();
    assertHumanError(answer.error, "STREAM_BROKEN");
    assert.equal(answer.text, "Half");
    await eventually(() => hub.calls.length === 2 && open?.writableFinished === true);
  });

  for (const status of [501, 400]) {
    it(`C5: asks over chat completions where /responses answers ${status}`, async () => {
      const delta = { choices: [{ delta: { content: "By chat" } }] };
      const finish = { choices: [{ delta: {}, finish_reason: "stop" }] };
      hub.onCall = (call) => {
        if (call.path.endsWith("/responses")) return sendJson(call.response, status, { error: "no adapter" });
        return answersWith(delta, finish)(call);
      };
      const { text: answer, error } = await ask();
      assert.deepEqual([answer, error], ["By chat", undefined]);
      assert.deepEqual(
        hub.calls.map(({ path }) => path.split("/v1")[1]),
        ["/responses", "/chat/completions"],
      );
    });
  }

  it("C6: an abort by that way drains without a cancel", async () => {
    hub.onCall = ({ path, response }) => {
      if (path.endsWith("/responses")) return sendJson(response, 501, { error: "no adapter" });
      open = response;
      beginStream(response);
      sendData(response, { choices: [{ delta: { content: "Half" } }] });
    };
    const abort = new AbortController();
    await ask({ signal: abort.signal }, () => abort.abort());
    open?.end("data: [DONE]\n\n");
    await eventually(() => open?.writableFinished === true);
    assert.equal(hub.calls.length, 2);
  });

  it("C1: says who is busy", async () => {
    hub.onCall = ({ response }) =>
      sendJson(response, 409, { error: "Participant is already handling another request." });
    const { error } = await ask({ model: "p1", targetName: "Ana" });
    assert.equal(assertHumanError(error, "PARTICIPANT_BUSY").message, "Ana is busy with another request.");
  });

  it("C7: a failure that the hub labels as a stream is one all the same", async () => {
    hub.onCall = ({ response }) => {
      response.writeHead(500, { "content-type": "text/event-stream" });
      sendData(response, created);
      response.end();
    };
    assertHumanError((await ask()).error, "PROVIDER_FAILED");
  });

  it("C7: says why where the hub cuts a stream that paused", async () => {
    hub.onCall = ({ path, response }) => {
      if (path.endsWith("/cancel")) return sendJson(response, 404, { error: "Response not found" });
      beginStream(response);
      for (const event of [created, text("Half")]) sendData(response, event);
      setImmediate(() => response.destroy());
    };
    const answer = await ask();
    assert.match(assertHumanError(answer.error, "STREAM_BROKEN").message, /Gambi hub cuts/);
    assert.equal(answer.text, "Half");
    await eventually(() => hub.crashed);
    hub.crashed = false; // Here it was the hub that cut.
  });
});
