import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { ChatOptions } from "../../src/client/streamChat";
import type { HumanErrorCode } from "../../src/common/humanError";
import { MAX_BODY_BYTES } from "../../src/protocol/constants";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { assertHumanError } from "./assertHumanError";
import { collectChat, oursFeatures } from "./collectChat";
import {
  type Behaviour,
  beginStream,
  type RawHub,
  sendData,
  sendJson,
  startRawHub,
  strangers,
} from "./rawHub";

const delta = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
const finish = (reason = "stop") => ({ choices: [{ index: 0, delta: {}, finish_reason: reason }] });
const usage = { choices: [], usage: { prompt_tokens: 3, completion_tokens: 42, total_tokens: 45 } };

function stream(...events: unknown[]): Behaviour {
  return (_, response) => {
    beginStream(response);
    for (const event of events) sendData(response, event);
    response.end("data: [DONE]\n\n");
  };
}

function raw(text: string): Behaviour {
  return (_, response) => {
    beginStream(response);
    response.end(text);
  };
}

const behaviours: Record<string, Behaviour> = {
  ...strangers,
  answers: (_, response) => {
    beginStream(response, { "x-room-participant": "p1", "x-request-id": "q1" });
    response.write(": queued\n\n");
    for (const event of [delta("Hel"), delta("lo ☕"), finish(), usage]) sendData(response, event);
    response.end("data: [DONE]\n\n");
  },
  nodone: raw(`data: ${JSON.stringify(delta("Hi"))}\n\ndata: ${JSON.stringify(finish("length"))}\n\n`),
  nolastline: raw(`data: ${JSON.stringify(delta("Hi"))}\n\ndata: [DONE]`),
  thinks: stream(
    { choices: [{ delta: { role: "assistant", content: "", reasoning_content: "Hm" } }] },
    { choices: [{ delta: { reasoning: "m." } }] },
    { choices: [{ delta: { content: [{ type: "text", text: "42" }, { type: "image" }] } }] },
    finish(),
  ),
  oddities: stream(
    {},
    { choices: [] },
    { choices: [{ delta: null }] },
    { usage: "x" },
    delta("ok"),
    finish(),
  ),
  whole: (_, response) =>
    sendJson(response, 200, {
      choices: [{ message: { content: "All at once" }, finish_reason: "stop" }],
      usage: { completion_tokens: 3 },
    }),
  wholelabelled: (_, response) => {
    beginStream(response);
    response.end(` \n{"choices":[{"message":{"content":"Labelled a stream"},"finish_reason":"stop"}]}`);
  },
  errs: stream(delta("Half"), { error: { message: "CUDA out of memory", code: "server_error" } }),
  offline: stream(delta("Half"), {
    error: { message: "The tunnel closed.", code: "participant_tunnel_not_connected" },
  }),
  cutandtold: raw(
    `data: ${JSON.stringify(delta("Half"))}\n\ndata: {"choices":[{"del\n\ndata: {"error":{"message":"The tunnel closed.","code":"participant_tunnel_not_connected"}}\n\n`,
  ),
  cut: (_, response) => {
    beginStream(response);
    response.write(`data: ${JSON.stringify(delta("Half"))}\n\n`, () => response.destroy());
  },
  noend: raw(`data: ${JSON.stringify(delta("Half"))}\n\n`),
  garbage: raw(`data: ${JSON.stringify(delta("Half"))}\n\ndata: {"choices":[{"del\n\n`),
  notacompletion: stream(delta("Half"), "just a string"),
  htmlinstream: raw("<html><body>Sign in</body></html>"),
  nothing: raw(""),
  onlyjson: raw('{"hello":"world"}'),
  hugeevent: (_, response) => {
    beginStream(response);
    sendData(response, delta("Half"));
    response.write("data: ");
    flood(response, "x".repeat(64 * 1024));
  },
  endless: (_, response) => {
    beginStream(response);
    flood(response, `data: ${JSON.stringify(delta("y".repeat(10_000)))}\n\n`);
  },
  silent: (_, response) => {
    beginStream(response);
    sendData(response, delta("Half"));
  },
  commentsonly: (_, response) => {
    beginStream(response);
    const timer = setInterval(() => response.write(": alive\n\n"), 5);
    response.on("close", () => clearInterval(timer));
  },
};

function flood(response: ServerResponse, piece: string): void {
  const pump = () => {
    while (!response.destroyed && response.write(piece));
  };
  response.on("drain", pump);
  pump();
}

describe("streamChat", () => {
  let hub: RawHub;
  before(async () => {
    hub = await startRawHub(behaviours);
  });
  after(() => hub.close());
  afterEach(() => eventually(() => hub.openSockets === 0));

  const ask = (behaviour: string, options: Partial<ChatOptions> = {}, onPart?: () => void) =>
    collectChat({ hubUrl: hub.at(behaviour), features: oursFeatures, ...options }, onPart);

  it("C5: yields who answers, the text as it comes, and how it ended", async () => {
    const { parts, text, done, error } = await ask("answers");
    assert.equal(error, undefined);
    assert.deepEqual(parts[0], { type: "answering", participantId: "p1", requestId: "q1" });
    assert.equal(text, "Hello ☕");
    assert.deepEqual([done?.finishReason, done?.outputTokens], ["stop", 42]);
    assert.equal(parts.at(-1), done);
    const request = hub.requests.at(-1);
    assert.equal(request?.path, "/rooms/ROOM23/v1/chat/completions");
    assert.deepEqual(JSON.parse(request?.body ?? ""), {
      model: "any",
      messages: [{ role: "user", content: "hello" }],
      stream: true,
      stream_options: { include_usage: true },
    });
    await eventually(() => request?.closed === true);
    assert.equal(request?.aborted, false, "a finished answer is never cut");
  });

  const understood: [behaviour: string, text: string, finishReason: string | undefined][] = [
    ["nodone", "Hi", "length"],
    ["nolastline", "Hi", undefined],
    ["oddities", "ok", "stop"],
    ["whole", "All at once", "stop"],
    ["wholelabelled", "Labelled a stream", "stop"],
  ];
  for (const [behaviour, text, finishReason] of understood) {
    it(`C5: understands a provider that is "${behaviour}"`, async () => {
      const answer = await ask(behaviour);
      assert.equal(answer.error, undefined);
      assert.deepEqual([answer.text, answer.done?.finishReason], [text, finishReason]);
    });
  }

  it("C5: keeps thinking apart from the answer, under each provider's name for it", async () => {
    const { text, reasoning, done } = await ask("thinks");
    assert.deepEqual([reasoning, text, done?.outputTokens], ["Hmm.", "42", 3]);
  });

  it("C5: measures the time to the first piece and the speed after it", async () => {
    const clock = new FakeClock();
    const { done } = await ask("answers", { clock }, () => clock.advance(1_000));
    assert.equal(done?.ttftMs, 1_000, "who answers was told a second before");
    assert.equal(done?.tokensPerSecond, 41);
    assert.equal(done?.durationMs, 3_000);
  });

  const broken: [behaviour: string, code: HumanErrorCode, text: string, message: RegExp][] = [
    ["errs", "PROVIDER_FAILED", "Half", /broke off: CUDA out of memory\./],
    ["offline", "PARTICIPANT_OFFLINE", "Half", /The tunnel closed\./],
    ["cutandtold", "PARTICIPANT_OFFLINE", "Half", /The tunnel closed\./],
    ["cut", "STREAM_BROKEN", "Half", /broke off before its end/],
    ["noend", "STREAM_BROKEN", "Half", /broke off before its end/],
    ["garbage", "STREAM_BROKEN", "Half", /cannot|not an answer/],
    ["notacompletion", "STREAM_BROKEN", "Half", /not an answer/],
    ["hugeevent", "STREAM_BROKEN", "Half", /too long/],
    ["html", "STREAM_BROKEN", "", /web page/],
    ["htmlinstream", "STREAM_BROKEN", "", /web page/],
    ["nothing", "STREAM_BROKEN", "", /broke off/],
    ["onlyjson", "STREAM_BROKEN", "", /not an answer/],
    ["wrongjson", "STREAM_BROKEN", "", /not an answer/],
    ["redirect", "NOT_A_HUB", "", /redirects to/],
    ["cuts", "HUB_UNREACHABLE", "", /closed the connection/],
    ["huge", "STREAM_BROKEN", "", /too long/],
  ];
  for (const [behaviour, code, text, message] of broken) {
    it(`C7: keeps what came and says what broke where the stream is "${behaviour}"`, async () => {
      const answer = await ask(behaviour, { limits: { maxAnswerLength: 1_000_000 } });
      assert.match(assertHumanError(answer.error, code).message, message);
      assert.equal(answer.text, text);
      assert.equal(answer.done, undefined);
    });
  }

  it("C7: stops an answer that never ends before it fills the memory", async () => {
    const { error, text } = await ask("endless", { limits: { maxAnswerLength: 100_000 } });
    assert.match(assertHumanError(error, "STREAM_BROKEN").message, /too long/);
    assert.ok(text.length <= 100_000);
    await eventually(() => hub.requests.at(-1)?.aborted === true);
  });

  for (const behaviour of ["stalls", "commentsonly"]) {
    it(`C7: gives up where the first piece never comes (${behaviour})`, async () => {
      const clock = new FakeClock();
      const before = hub.requests.length;
      const answer = ask(behaviour, { clock, targetName: "Ana" });
      await eventually(() => hub.requests.length > before);
      clock.advance(314_999);
      assert.equal(clock.pendingTimers, 1);
      clock.advance(1);
      const { error } = await answer;
      assert.equal(assertHumanError(error, "TIMED_OUT").message, "Ana did not begin to answer in time.");
      await eventually(() => hub.requests.at(-1)?.aborted === true && clock.pendingTimers === 0);
    });
  }

  it("C7: gives up where the answer goes silent, and keeps what came", async () => {
    const clock = new FakeClock();
    let pieces = 0;
    const answer = ask("silent", { clock }, () => pieces++);
    await eventually(() => pieces === 1);
    await eventually(() => {
      clock.advance(10_000);
      return hub.requests.at(-1)?.aborted === true;
    });
    const { error, text } = await answer;
    assertHumanError(error, "TIMED_OUT");
    assert.equal(text, "Half");
    assert.equal(clock.pendingTimers, 0);
  });

  it("C6: ends at once where the signal aborts, and closes the request", async () => {
    const abort = new AbortController();
    const { error, text, done } = await ask("silent", { signal: abort.signal }, () => abort.abort());
    assert.deepEqual([error, text, done], [undefined, "Half", undefined]);
    await eventually(() => hub.requests.at(-1)?.aborted === true);
  });

  it("C6: an abort reaches the hub even while nobody asks for the next part", async () => {
    const abort = new AbortController();
    const { streamChat } = await import("../../src/client/streamChat");
    const messages = [{ role: "user", content: "hello" }] as const;
    const common = { hubUrl: hub.at("silent"), roomCode: "ROOM23", model: "any", messages };
    const parts = streamChat({ ...common, features: oursFeatures, signal: abort.signal });
    assert.equal((await parts.next()).done, false);
    abort.abort();
    await eventually(() => hub.requests.at(-1)?.aborted === true);
    assert.deepEqual(await parts.next(), { done: true, value: undefined });
  });

  it("C6: a reader that simply stops closes the request too", async () => {
    const { streamChat } = await import("../../src/client/streamChat");
    const messages = [{ role: "user", content: "hello" }] as const;
    const options = { hubUrl: hub.at("endless"), roomCode: "ROOM23", model: "any", messages };
    for await (const part of streamChat({ ...options, features: oursFeatures })) {
      if (part.type === "text") break;
    }
    await eventually(() => hub.requests.at(-1)?.aborted === true);
  });

  it("C6: an abort before anything was sent sends nothing", async () => {
    const before = hub.requests.length;
    const { error, parts } = await ask("answers", { signal: AbortSignal.abort() });
    assert.deepEqual([error, parts, hub.requests.length], [undefined, [], before]);
  });

  it("C6: an abort while the hub still waits for the model closes the request", async () => {
    const abort = new AbortController();
    const before = hub.requests.length;
    const answer = ask("stalls", { signal: abort.signal });
    await eventually(() => hub.requests.length > before);
    abort.abort();
    assert.equal((await answer).error, undefined);
    await eventually(() => hub.requests.at(-1)?.aborted === true);
  });

  it("refuses a conversation that the hub would refuse, before it is sent", async () => {
    const before = hub.requests.length;
    const messages = [{ role: "user", content: "x".repeat(MAX_BODY_BYTES) }] as const;
    const { error } = await ask("answers", { messages });
    assert.match(assertHumanError(error, "HUB_REFUSED").hint, /Attach less/);
    assert.equal(hub.requests.length, before);
  });

  it("asks the hub what it can do where nobody told", async () => {
    const asked = await startRawHub({
      ours: (request, response) => {
        const health = { name: "LLM Rooms", version: "1", features: oursFeatures };
        if (request.path === "/v1/health")
          return sendJson(response, 200, { data: { status: "ok", timestamp: 1, hub: health } });
        return behaviours.answers?.(request, response);
      },
    });
    const { text } = await collectChat({ hubUrl: asked.at("ours") });
    assert.equal(text, "Hello ☕");
    assert.deepEqual(
      asked.requests.map(({ path }) => path),
      ["/v1/health", "/rooms/ROOM23/v1/chat/completions"],
    );
    await asked.close();
  });
});
