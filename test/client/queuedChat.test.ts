import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { ChatOptions, ChatPart } from "../../src/client/streamChat";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { assertHumanError } from "./assertHumanError";
import { collectChat, oursFeatures } from "./collectChat";
import { beginStream, type RawHub, sendData, sendJson, startRawHub } from "./rawHub";

const features = [...oursFeatures, "queue"];
const text = (content: string) => ({ choices: [{ index: 0, delta: { content }, finish_reason: "stop" }] });

/** A hub whose queue the test moves by hand. */
class HandQueue {
  response: ServerResponse | undefined;

  say(comment: string): void {
    this.response?.write(`: ${comment}\n\n`);
  }

  answer(content: string): void {
    if (!this.response) return;
    sendData(this.response, text(content));
    this.response.end("data: [DONE]\n\n");
  }
}

describe("streamChat in a queue", () => {
  let hub: RawHub;
  let queue: HandQueue;
  const parts: ChatPart[] = [];

  beforeEach(async () => {
    queue = new HandQueue();
    parts.length = 0;
    hub = await startRawHub({
      queues: (_, response) => {
        beginStream(response, { "x-request-id": "q1", "x-room-waiting": "1" });
        queue.response = response;
      },
      answers: (_, response) => {
        beginStream(response, { "x-room-participant": "p1" });
        queue.response = response;
      },
      full: (_, response) => {
        response.setHeader("retry-after", "7");
        sendJson(response, 429, { error: { message: "Full. Retry.", code: "queue_full" } });
      },
      late: (_, response) => {
        beginStream(response);
        sendData(response, { error: { message: "Nobody came free.", code: "queue_timeout" } });
        response.end();
      },
    });
  });
  afterEach(() => hub.close());

  const ask = (behaviour: string, options: Partial<ChatOptions> = {}) =>
    collectChat({ hubUrl: hub.at(behaviour), features, targetName: "Ada", ...options }, (part) =>
      parts.push(part),
    );
  const heard = (count: number) => eventually(() => parts.length >= count);

  it("C8: tells each new place, then who serves, and measures from there", async () => {
    const clock = new FakeClock();
    const asked = ask("queues", { clock });
    await eventually(() => queue.response !== undefined);
    queue.say("queued 2, about 35 s");
    await heard(2);
    clock.advance(20_000);
    queue.say("queued 1");
    await heard(3);
    queue.say("participant ada%20s");
    await heard(4);
    clock.advance(1_000);
    queue.answer("Hi");
    const { error, done } = await asked;
    assert.equal(error, undefined);
    assert.deepEqual(parts.slice(0, 5), [
      { type: "answering", requestId: "q1" },
      { type: "queued", position: 2, estimatedWaitMs: 35_000 },
      { type: "queued", position: 1 },
      { type: "answering", participantId: "ada s" },
      { type: "text", text: "Hi" },
    ]);
    assert.equal(done?.ttftMs, 1_000, "the wait in the queue is not the participant's");
    await eventually(() => clock.pendingTimers === 0);
  });

  it("C8: waits for as long as the hub keeps it in the queue, and counts the participant's time after it", async () => {
    const clock = new FakeClock();
    const asked = ask("queues", { clock });
    await eventually(() => queue.response !== undefined);
    for (let place = 30; place > 10; place--) {
      queue.say(`queued ${place}`);
      await heard(32 - place);
      clock.advance(59_000);
    }
    queue.say("participant p1");
    await heard(22);
    clock.advance(314_000);
    queue.answer("At last");
    assert.equal((await asked).text, "At last");
  });

  it("C8: gives up where a hub goes silent in the middle of its queue, or never lets it out", async () => {
    for (const silent of [true, false]) {
      parts.length = 0;
      queue.response = undefined;
      const clock = new FakeClock();
      const asked = ask("queues", { clock, limits: { queueMs: 300_000 } });
      await eventually(() => queue.response !== undefined);
      queue.say("queued 1");
      await heard(2);
      clock.advance(silent ? 59_999 : 50_000);
      if (silent) clock.advance(1);
      for (let place = 2; !silent && place < 7; place++) {
        queue.say(`queued ${place}`);
        await heard(place + 1);
        clock.advance(50_000);
      }
      assertHumanError((await asked).error, "QUEUE_TIMEOUT");
      await eventually(() => hub.requests.at(-1)?.aborted === true);
    }
  });

  it("C8: an abort leaves the queue", async () => {
    const abort = new AbortController();
    const asked = ask("queues", { signal: abort.signal });
    await eventually(() => queue.response !== undefined);
    queue.say("queued 3");
    await heard(2);
    abort.abort();
    assert.equal((await asked).error, undefined);
    await eventually(() => hub.requests.at(-1)?.aborted === true);
  });

  it("C8: believes no comment once the answer has begun", async () => {
    const asked = ask("queues");
    await eventually(() => queue.response !== undefined);
    if (queue.response) sendData(queue.response, { choices: [{ index: 0, delta: { content: "Half" } }] });
    await heard(2);
    queue.say("queued 9");
    queue.answer(" done");
    assert.equal((await asked).text, "Half done");
    assert.ok(!parts.some(({ type }) => type === "queued"));
  });

  it("Q4: believes no comment of a participant's, whether the answer waited or not", async () => {
    for (const behaviour of ["queues", "answers"]) {
      parts.length = 0;
      queue.response = undefined;
      const asked = ask(behaviour);
      await eventually(() => queue.response !== undefined);
      for (const word of behaviour === "queues" ? ["queued 1", "participant p1", "answer"] : [])
        queue.say(word);
      for (const lie of ["participant p2", "queued 9"]) queue.say(lie);
      queue.answer("Hi");
      assert.equal((await asked).text, "Hi");
      const told = parts.flatMap((part) => (part.type === "answering" ? (part.participantId ?? []) : []));
      assert.deepEqual(told, ["p1"], behaviour);
      assert.ok(!parts.some((part) => part.type === "queued" && part.position === 9));
    }
  });

  it("C8: a flood of places costs one part for the bytes that came together", async () => {
    const asked = ask("queues");
    await eventually(() => queue.response !== undefined);
    queue.response?.write(
      Array.from({ length: 50_000 }, (_, index) => `: queued ${50_000 - index}\n\n`).join(""),
    );
    await eventually(() => parts.some((part) => part.type === "queued" && part.position === 1));
    queue.answer("ok");
    await asked;
    assert.ok(parts.length < 1_000, `${parts.length} parts`);
  });

  it("C1: a full queue and one that took too long say what to do", async () => {
    const full = assertHumanError((await ask("full")).error, "QUEUE_FULL");
    assert.match(full.message, /^Ada is busy, and the room's queue is full\.$/);
    assert.match(full.hint, /wait 7 s\.$/);
    const late = assertHumanError((await ask("late")).error, "QUEUE_TIMEOUT");
    assert.match(late.message, /did not come free in time/);
    assert.doesNotMatch(late.message, /broke off/);
  });

  it("C8: names who asks to a hub that queues, and to no other", async () => {
    const bodyOf = async (user: string | undefined, told: string[]) => {
      await ask("full", { user, features: told });
      return JSON.parse(hub.requests.at(-1)?.body ?? "") as { user?: string };
    };
    assert.equal((await bodyOf("Ana", features)).user, "Ana");
    assert.equal("user" in (await bodyOf(undefined, features)), false);
    assert.equal("user" in (await bodyOf("Ana", oursFeatures)), false);
    assert.equal("user" in (await bodyOf("Ana", [])), false);
  });
});
