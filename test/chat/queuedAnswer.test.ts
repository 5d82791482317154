import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import { lastAnswer, Stage } from "./scriptedStream";

describe("Conversation: in a queue", () => {
  it("shows the place that the hub tells, each once, until somebody serves it", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.part({ type: "queued", position: 2, estimatedWaitMs: 35_000 });
    assert.deepEqual(lastAnswer(conversation).status, {
      state: "waiting",
      position: 2,
      estimatedWaitMs: 35_000,
    });
    assert.equal(conversation.isWaiting, true);
    const changes = stage.changes.length;
    await stage.call.part({ type: "queued", position: 2, estimatedWaitMs: 35_000 });
    assert.equal(stage.changes.length, changes, "the same place is no news");
    await stage.call.part({ type: "answering", participantId: "ana-1" });
    assert.deepEqual(lastAnswer(conversation).status, { state: "waiting" });
    assert.equal(lastAnswer(conversation).who.nickname, "Ana");
    await stage.call.text("Hi");
    stage.flush();
    assert.equal(conversation.isWaiting, false);
    await stage.call.part({ type: "queued", position: 9 });
    assert.equal(lastAnswer(conversation).status.state, "streaming");
  });

  it("leaves the queue when it is stopped, and asks somebody else instead", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.part({ type: "queued", position: 3 });
    const first = stage.call;
    conversation.stop();
    assert.equal(first.isAborted, true);
    assert.deepEqual(lastAnswer(conversation).status, { state: "stopped" });
    conversation.retry({ selector: "ana-1", label: "Ana" });
    assert.equal(stage.call.options.model, "ana-1");
    assert.equal(conversation.state.entries.length, 2, "nothing is left of the one that only waited");
  });

  it("says what a full queue says", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.fail(new HumanError("QUEUE_FULL", "Ana is busy.", "Try again."));
    assert.deepEqual(lastAnswer(conversation).status, {
      state: "failed",
      message: "Ana is busy.",
      hint: "Try again.",
    });
  });
});
