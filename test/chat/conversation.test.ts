import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import {
  type Attachment,
  MAX_ANSWER_CHARS,
  MAX_ATTACHMENTS,
  MAX_PROMPT_CHARS,
} from "../../src/protocol/panel";
import { MAX_ENTRIES } from "../../src/vscode/chat/conversation";
import { emptyConversation } from "../../src/vscode/chat/conversationState";
import { lastAnswer, Stage, settled } from "./scriptedStream";

const ana = { selector: "ana-1", label: "Ana" };
const attachment: Attachment = {
  id: "a1",
  path: "src/hello.ts",
  languageId: "typescript",
  startLine: 3,
  endLine: 4,
  text: "const a = 1;",
};

describe("Conversation: sending", () => {
  it("asks the target with the prompt, clears the draft, and keeps the answer with how it went", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.setTarget(ana);
    conversation.type("  hello ");
    conversation.send("  hello ");
    assert.deepEqual(stage.call.options.messages, [{ role: "user", content: "hello" }]);
    assert.equal(stage.call.options.model, "ana-1");
    assert.equal(stage.call.options.roomCode, "ABC234");
    assert.equal(conversation.state.draft, "");
    assert.deepEqual(lastAnswer(conversation).who, {
      participantId: "ana-1",
      nickname: "Ana",
      model: "llama3:8b",
    });
    assert.equal(lastAnswer(conversation).status.state, "waiting");
    await stage.call.text("Hi");
    stage.flush();
    assert.equal(lastAnswer(conversation).status.state, "streaming");
    await stage.call.text(" there");
    await stage.call.done();
    assert.equal(lastAnswer(conversation).text, "Hi there");
    assert.deepEqual(lastAnswer(conversation).status, { state: "done", finishReason: "stop" });
    assert.equal(lastAnswer(conversation).metrics?.tokensPerSecond, 22);
    assert.equal(conversation.isAnswering, false);
    assert.equal(stage.clock.pendingTimers, 0);
  });

  it("names whoever was asked, also where they have left the room", () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.setTarget({ selector: "gone-1", label: "Bo" });
    conversation.send("hello");
    assert.deepEqual(lastAnswer(conversation).who, { nickname: "Bo" });
  });

  it("sends what is attached in a fence of its own, and no longer afterwards", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.attach({ ...attachment, text: "a ```` b" });
    conversation.send("why?");
    const content = stage.call.options.messages[0]?.content ?? "";
    assert.equal(content, "src/hello.ts, lines 3-4:\n`````typescript\na ```` b\n`````\n\nwhy?");
    assert.deepEqual(conversation.state.attachments, []);
  });

  it("tells the whole conversation, without prompts that got no answer", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("one");
    await stage.call.text("1");
    await stage.call.done();
    conversation.send("two");
    await stage.call.fail(new HumanError("TIMED_OUT", "Too late.", "Again."));
    conversation.send("three");
    assert.deepEqual(
      stage.call.options.messages.map(({ content }) => content),
      ["one", "1", "three"],
    );
  });

  it("learns who answers where anybody may", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    assert.deepEqual(lastAnswer(conversation).who, {});
    await stage.call.part({ type: "answering", participantId: "ana-1" });
    assert.equal(lastAnswer(conversation).who.nickname, "Ana");
    await stage.call.part({ type: "answering", participantId: "stranger" });
    assert.equal(lastAnswer(conversation).who.participantId, "stranger");
  });

  it("keeps reasoning apart from the answer and out of what is sent next", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("one");
    await stage.call.part({ type: "reasoning", text: "hm" }, { type: "text", text: "1" });
    await stage.call.done();
    assert.equal(lastAnswer(conversation).reasoning, "hm");
    conversation.send("two");
    assert.equal(stage.call.options.messages[1]?.content, "1");
  });

  const refused: [string, (stage: Stage) => void, RegExp][] = [
    ["an empty prompt", (stage) => stage.conversation().send("  \n"), /empty/],
    [
      "a prompt over the limit",
      (stage) => stage.conversation().send("x".repeat(MAX_PROMPT_CHARS + 1)),
      /too long/,
    ],
    [
      "a prompt without a room",
      (stage) => {
        stage.isJoined = false;
        stage.conversation().send("hello");
      },
      /not in a room/,
    ],
    [
      "a second prompt while an answer arrives",
      (stage) => {
        const conversation = stage.conversation();
        conversation.send("one");
        conversation.send("two");
      },
      /still arriving/,
    ],
    [
      "more than a full conversation",
      (stage) => {
        const entry = { kind: "prompt", id: "p", text: "x", attachments: [] } as const;
        const entries = Array.from({ length: MAX_ENTRIES }, (_, index) => ({
          ...entry,
          id: `p${index}`,
          attachments: [],
        }));
        stage.conversation({ ...emptyConversation("c", 0), entries }).send("one more");
      },
      /full/,
    ],
  ];
  for (const [name, act, message] of refused) {
    it(`refuses ${name}`, () => {
      assert.throws(() => act(new Stage()), { name: "HumanError", code: "INVALID_INPUT", message });
    });
  }

  it("keeps the draft where sending is refused", () => {
    const stage = new Stage();
    stage.isJoined = false;
    const conversation = stage.conversation();
    conversation.type("hello");
    assert.throws(() => conversation.send("hello"));
    assert.equal(conversation.state.draft, "hello");
    assert.deepEqual(conversation.state.entries, []);
  });
});

describe("Conversation: streaming", () => {
  it("shows what arrives within one frame together, in order, each piece where the last ended", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    for (const text of ["a", "b", "c"]) await stage.call.text(text);
    stage.flush();
    await stage.call.part({ type: "reasoning", text: "r" }, { type: "text", text: "d" });
    stage.flush();
    const grown = stage.changes.filter((change) => change.type === "grown");
    assert.deepEqual(
      grown.map(({ before, answer }) => [before.text, answer.text, answer.reasoning]),
      [
        ["", "abc", ""],
        ["abc", "abcd", "r"],
      ],
    );
  });

  it("stops at once, frees the participant, and hears nothing that comes later", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.text("one ");
    conversation.stop();
    assert.equal(stage.call.isAborted, true);
    assert.equal(lastAnswer(conversation).text, "one ");
    assert.deepEqual(lastAnswer(conversation).status, { state: "stopped" });
    await stage.call.text("two");
    stage.flush();
    assert.equal(lastAnswer(conversation).text, "one ");
    assert.equal(conversation.isAnswering, false);
    assert.equal(stage.clock.pendingTimers, 0);
    conversation.stop();
  });

  it("fails in its row with what to do, keeping what came", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.text("half");
    await stage.call.fail(new HumanError("PARTICIPANT_BUSY", "Ana is busy.", "Ask another."));
    assert.equal(lastAnswer(conversation).text, "half");
    assert.deepEqual(lastAnswer(conversation).status, {
      state: "failed",
      message: "Ana is busy.",
      hint: "Ask another.",
    });
    assert.deepEqual(stage.bugs, []);
  });

  it("shows one plain line for a fault of its own, and reports it", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    const bug = new TypeError("secret prompt in here");
    await stage.call.fail(bug);
    const { status } = lastAnswer(conversation);
    assert.ok(status.state === "failed" && !`${status.message} ${status.hint}`.includes("secret"));
    assert.deepEqual(stage.bugs, [bug]);
  });

  it("fails where the stream ends without saying that it is done", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.text("half");
    await stage.call.end();
    assert.equal(lastAnswer(conversation).status.state, "failed");
  });

  it("cuts an answer that does not end", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.text("x".repeat(MAX_ANSWER_CHARS));
    stage.flush();
    await stage.call.text("y");
    assert.deepEqual(lastAnswer(conversation).status, { state: "done", finishReason: "length" });
    assert.equal(lastAnswer(conversation).text.length, MAX_ANSWER_CHARS);
    assert.equal(stage.call.isAborted, true);
  });

  it("leaves no timer and no request after dispose, and says no more", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.text("one");
    const heard = stage.changes.length;
    conversation.dispose();
    conversation.dispose();
    await settled();
    assert.equal(stage.call.isAborted, true);
    assert.equal(stage.clock.pendingTimers, 0);
    assert.equal(stage.changes.length, heard);
    assert.equal(lastAnswer(conversation).status.state, "waiting");
  });
});

describe("Conversation: asking again", () => {
  it("puts a retry in the place of a failed answer", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.fail(new HumanError("PARTICIPANT_BUSY", "Busy.", "Wait."));
    conversation.retry();
    assert.equal(conversation.state.entries.length, 2);
    assert.deepEqual(stage.call.options.messages, [{ role: "user", content: "hello" }]);
    await stage.call.text("now");
    await stage.call.done();
    assert.equal(lastAnswer(conversation).text, "now");
  });

  it("keeps a complete answer beside that of another participant, and goes on from the latter", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.send("hello");
    await stage.call.text("first");
    await stage.call.done();
    conversation.retry(ana);
    assert.equal(stage.call.options.model, "ana-1");
    assert.deepEqual(stage.call.options.messages, [{ role: "user", content: "hello" }]);
    await stage.call.text("second");
    await stage.call.done();
    assert.deepEqual(
      conversation.state.entries.map(({ text }) => text),
      ["hello", "first", "second"],
    );
    conversation.send("more");
    assert.deepEqual(
      stage.call.options.messages.map(({ content }) => content),
      ["hello", "second", "more"],
    );
    assert.deepEqual(conversation.state.target, ana);
  });

  it("does not retry while an answer arrives, nor where nothing was asked", () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.retry();
    assert.equal(stage.calls.length, 0);
    conversation.send("hello");
    assert.throws(() => conversation.retry(), /still arriving/);
  });

  it("resends the last prompt as edited, with what was attached to it", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.attach(attachment);
    conversation.send("helo");
    await stage.call.text("?");
    await stage.call.done();
    const promptId = conversation.state.entries[0]?.id ?? "";
    conversation.edit(promptId, "hello");
    assert.equal(conversation.state.entries.length, 2);
    assert.match(stage.call.options.messages[0]?.content ?? "", /const a = 1;[\s\S]*hello$/);
    assert.ok(stage.changes.some(({ type }) => type === "rewritten"));
    assert.throws(() => conversation.edit("another", "x"), /last prompt/);
  });

  it("can be asked again from within the news that it ended", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.onDidChange((change) => {
      if (
        change.type === "entry" &&
        change.entry.kind === "answer" &&
        change.entry.status.state === "failed"
      ) {
        conversation.retry();
      }
    });
    conversation.send("hello");
    await stage.call.fail(new HumanError("TIMED_OUT", "Late.", "Again."));
    assert.equal(stage.calls.length, 2);
    assert.equal(conversation.isAnswering, true);
  });
});

describe("Conversation: draft", () => {
  it("takes each place of a file once, and no more than the limit", () => {
    const conversation = new Stage().conversation();
    conversation.attach(attachment);
    conversation.attach({ ...attachment, id: "a2", text: "changed" });
    assert.deepEqual(
      conversation.state.attachments.map(({ id }) => id),
      ["a2"],
    );
    for (let line = 10; line < 10 + MAX_ATTACHMENTS - 1; line++) {
      conversation.attach({ ...attachment, id: `l${line}`, startLine: line, endLine: line });
    }
    assert.throws(() => conversation.attach({ ...attachment, id: "over", startLine: 99 }), /takes 10/);
    conversation.detach("a2");
    assert.equal(conversation.state.attachments.length, MAX_ATTACHMENTS - 1);
  });

  it("is silent where nothing changes", () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    conversation.type("");
    conversation.detach("none");
    conversation.setTarget({ ...conversation.state.target });
    assert.deepEqual(stage.changes, []);
  });
});
