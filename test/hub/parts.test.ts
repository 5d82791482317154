import assert from "node:assert/strict";
import { Deadline } from "../../src/hub/deadline";
import { chatFields, instructionsFor, mergeConfigs, responsesFields } from "../../src/hub/defaults";
import { statusOf, wordBeyondCount } from "../../src/hub/participantStatus";
import { FakeClock } from "../support/fakeClock";

describe("hub: parts", () => {
  it("S1: status follows from tunnel, heartbeat, load and the participant's word", () => {
    const facts = { connected: true, fresh: true, active: 0, capacity: 1 };
    assert.equal(statusOf(facts), "online");
    assert.equal(statusOf({ ...facts, active: 1 }), "busy");
    assert.equal(statusOf({ ...facts, active: 1, capacity: 2 }), "online");
    assert.equal(statusOf({ ...facts, connected: false, active: 1 }), "offline");
    assert.equal(statusOf({ ...facts, fresh: false }), "offline");
    assert.equal(statusOf({ ...facts, said: "busy" }), "busy");
    assert.equal(statusOf({ ...facts, said: "offline" }), "offline");
    assert.equal(statusOf({ ...facts, active: 1, said: "online" }), "busy");
  });

  it("S4: busy that is explained by the hub's own requests adds nothing", () => {
    const one = { active: 1, capacity: 1 };
    assert.equal(wordBeyondCount({ status: "busy", active: 1 }, one), undefined);
    assert.equal(wordBeyondCount({ status: "busy", active: 2 }, one), "busy", "it serves others as well");
    assert.equal(
      wordBeyondCount({ status: "busy", active: 1 }, { active: 1, capacity: 2 }),
      "busy",
      "its owner works",
    );
    assert.equal(wordBeyondCount({ status: "busy" }, one), "busy");
    assert.equal(wordBeyondCount({ status: "online", active: 0 }, one), "online");
  });

  it("I4: a later config wins field by field, and an absent field hides nothing", () => {
    assert.deepEqual(mergeConfigs({ seed: 1, top_p: 0.5 }, { seed: 2, top_p: undefined }), {
      seed: 2,
      top_p: 0.5,
    });
    assert.deepEqual(mergeConfigs(undefined, { seed: 2 }), { seed: 2 });
  });

  it("I4: fills what a request leaves open, under the protocol's own names", () => {
    const messages = [{ role: "user", content: "x" }];
    const chat = chatFields(
      { model: "m", messages, max_completion_tokens: 5 },
      { max_tokens: 9, stop: ["a"] },
    );
    assert.deepEqual(chat, { stop: ["a"] });
    const open = { model: "m", messages, seed: 0, max_tokens: null };
    assert.deepEqual(chatFields(open, { seed: 3, max_tokens: 9, instructions: "i" }), { max_tokens: 9 });
    assert.equal(instructionsFor(open, { instructions: "i" }), "i");
    const developer = [{ role: "developer", content: "d" }, ...messages];
    assert.equal(instructionsFor({ model: "m", messages: developer }, { instructions: "i" }), undefined);
    const response = responsesFields(
      { model: "m", input: "x", instructions: null },
      { instructions: "i", stop: ["a"] },
    );
    assert.deepEqual(response, { instructions: "i", stop_sequences: ["a"] });
  });

  for (const jump of [-3_600_000, 3_600_000]) {
    it(`I10: a clock that somebody sets by ${jump} ms makes no wait longer or shorter`, () => {
      const clock = new FakeClock();
      let expired = 0;
      const deadline = new Deadline(clock, 10_000, () => expired++);
      clock.leap(jump);
      clock.advance(9_999);
      assert.equal(expired, 0);
      clock.advance(1);
      assert.equal(expired, 1);
      deadline.dispose();
      assert.equal(clock.pendingTimers, 0);
    });
  }

  it("I10: while the hub stood still nobody could be heard: the wait begins anew", () => {
    const clock = new FakeClock();
    let expired = 0;
    const deadline = new Deadline(clock, 10_000, () => expired++);
    clock.stall(60_000);
    clock.advance(0);
    clock.advance(9_999);
    assert.equal(expired, 0);
    clock.advance(1);
    assert.equal(expired, 1);
    deadline.dispose();
  });

  it("I10: a deadline is pushed back by a touch, without a new timer", () => {
    const clock = new FakeClock();
    let expired = 0;
    const deadline = new Deadline(clock, 1_000, () => expired++);
    for (let i = 0; i < 5; i++) {
      clock.advance(900);
      deadline.touch();
      assert.equal(clock.pendingTimers, 1);
    }
    assert.equal(expired, 0);
    clock.advance(999);
    assert.equal(expired, 0);
    clock.advance(1);
    assert.equal(expired, 1);
    assert.equal(clock.pendingTimers, 0);
  });
});
