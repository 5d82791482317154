import assert from "node:assert/strict";
import type { Answer, Prompt } from "../../src/protocol/panel";
import { ChatSession } from "../../src/vscode/chat/chatSession";
import { type ConversationState, emptyConversation, titleOf } from "../../src/vscode/chat/conversationState";
import {
  bounded,
  ConversationStore,
  MAX_CONVERSATIONS,
  MAX_STORED_CHARS,
  type Memento,
  storeKey,
} from "../../src/vscode/chat/conversationStore";
import { lastAnswer, Stage } from "./scriptedStream";

/** As VS Code's own: values come back as JSON. */
class MemoryMemento implements Memento {
  json: string | undefined;
  writes = 0;

  get(key: string): unknown {
    assert.equal(key, storeKey);
    return this.json === undefined ? undefined : JSON.parse(this.json);
  }

  async update(_key: string, value: unknown): Promise<void> {
    this.writes++;
    this.json = JSON.stringify(value);
  }
}

const prompt: Prompt = { kind: "prompt", id: "p1", text: "hello", attachments: [] };
const answer: Answer = {
  kind: "answer",
  id: "r1",
  who: {},
  text: "hi",
  reasoning: "",
  status: { state: "done" },
};

function conversation(id: string, text = "hello"): ConversationState {
  return { ...emptyConversation(id, 1), entries: [{ ...prompt, text }, answer] };
}

function started(memento = new MemoryMemento(), stage = new Stage()) {
  return { memento, stage, session: new ChatSession(stage.deps, new ConversationStore(memento)) };
}

describe("ConversationStore", () => {
  it("gives back what it was given", async () => {
    const store = new ConversationStore(new MemoryMemento());
    const kept = [{ ...conversation("a"), draft: "not sent" }, conversation("b")];
    await store.save(kept);
    assert.deepEqual(store.load(), kept);
  });

  it("marks an answer that was cut by the reload as interrupted", async () => {
    const store = new ConversationStore(new MemoryMemento());
    const entries = [prompt, { ...answer, text: "ha", status: { state: "streaming" as const } }];
    await store.save([{ ...emptyConversation("a", 1), entries }]);
    const restored = store.load()[0]?.entries[1];
    assert.ok(restored?.kind === "answer" && restored.text === "ha");
    assert.equal(restored.status.state, "interrupted");
  });

  for (const [name, json] of [
    ["nothing", undefined],
    ["text", '"x"'],
    ["another shape", '{"conversations": 5}'],
    ["a broken conversation", '{"conversations": [{"id": "a"}, null, 7]}'],
  ] as const) {
    it(`starts empty from ${name}`, () => {
      const memento = new MemoryMemento();
      memento.json = json;
      assert.deepEqual(new ConversationStore(memento).load(), []);
    });
  }

  it("keeps the newest within its bounds of number and size", () => {
    const many = Array.from({ length: MAX_CONVERSATIONS + 5 }, (_, index) => conversation(`c${index}`));
    assert.deepEqual(
      bounded(many).map(({ id }) => id),
      many.slice(0, MAX_CONVERSATIONS).map(({ id }) => id),
    );
    const large = Array.from({ length: 10 }, (_, index) => conversation(`c${index}`, "x".repeat(190_000)));
    const kept = bounded(large);
    assert.equal(kept.length, 5);
    assert.ok(JSON.stringify(kept).length <= MAX_STORED_CHARS);
  });

  it("cuts the oldest entries of a conversation that is too large alone", () => {
    const entries = Array.from({ length: 10 }, (_, index) => ({
      ...prompt,
      id: `p${index}`,
      text: "x".repeat(190_000),
    }));
    const [kept] = bounded([{ ...emptyConversation("a", 1), entries }]);
    assert.equal(kept?.entries.at(-1)?.id, "p9");
    assert.ok(JSON.stringify(kept).length <= MAX_STORED_CHARS);
  });
});

describe("ChatSession", () => {
  it("restores conversation, draft and target after the window went", async () => {
    const first = started();
    first.session.current.setTarget({ selector: "ana-1", label: "Ana" });
    first.session.current.send("hello");
    await first.stage.call.text("hi");
    await first.stage.call.done();
    first.session.current.type("and the");
    first.session.dispose();
    assert.equal(first.stage.clock.pendingTimers, 0);

    const { session } = started(first.memento);
    assert.equal(lastAnswer(session.current).text, "hi");
    assert.equal(session.current.state.draft, "and the");
    assert.equal(session.current.state.target.label, "Ana");
  });

  it("keeps what streamed when the window went, to be retried", async () => {
    const first = started();
    first.session.current.send("hello");
    await first.stage.call.text("half an ans");
    first.stage.flush();
    first.session.dispose();
    assert.equal(first.stage.call.isAborted, true);

    const { session, stage } = started(first.memento);
    assert.equal(lastAnswer(session.current).text, "half an ans");
    assert.equal(lastAnswer(session.current).status.state, "interrupted");
    session.current.retry();
    assert.equal(stage.calls.length, 1);
  });

  it("writes once for many changes, and only where there was one", () => {
    const { memento, stage, session } = started();
    for (const text of ["h", "he", "hel"]) session.current.type(text);
    assert.equal(memento.writes, 0);
    stage.clock.advance(500);
    assert.equal(memento.writes, 1);
    assert.match(memento.json ?? "", /"hel"/);
    session.dispose();
    session.dispose();
    assert.equal(memento.writes, 1);
  });

  it("starts a new chat for the same target and finds the old one again", async () => {
    const { stage, session } = started();
    session.newChat();
    assert.equal(session.history.length, 0);
    session.current.setTarget({ selector: "ana-1", label: "Ana" });
    session.current.send("first");
    await stage.call.done();
    session.current.type("unsent");
    const firstId = session.current.state.id;
    session.newChat();
    assert.equal(session.current.state.entries.length, 0);
    assert.equal(session.current.state.target.label, "Ana");
    session.current.send("second");
    assert.deepEqual(session.history.map(titleOf), ["second", "first"]);
    session.open(firstId);
    assert.equal(stage.call.isAborted, true, "what streamed in the conversation that was left");
    assert.equal(session.current.state.draft, "unsent");
    assert.deepEqual(session.history.map(titleOf), ["first", "second"]);
    session.open("unknown");
    assert.equal(session.current.state.id, firstId);
  });

  it("tells of a switch, and no longer of the conversation that was left", async () => {
    const { stage, session } = started();
    const heard: string[] = [];
    session.onDidChange(({ type }) => heard.push(type));
    session.current.send("first");
    const left = session.current;
    session.newChat();
    heard.length = 0;
    left.type("x");
    session.current.type("y");
    assert.deepEqual(heard, ["typed"]);
    await stage.call.end();
  });

  it("does not keep what is empty", () => {
    const { memento, session } = started();
    session.current.type("x");
    session.current.type("");
    session.save();
    assert.deepEqual(JSON.parse(memento.json ?? ""), { conversations: [] });
  });
});
