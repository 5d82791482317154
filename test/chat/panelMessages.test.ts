import assert from "node:assert/strict";
import { MAX_ANSWER_CHARS, MAX_PROMPT_CHARS, pageToHostSchema } from "../../src/protocol/panel";
import { chatHtml } from "../../src/vscode/chat/chatHtml";
import { languageIdOf } from "../../src/vscode/chat/languageIds";
import { changeMessage, chatView } from "../../src/vscode/chat/panelView";
import { Stage } from "./scriptedStream";

describe("pageToHostSchema", () => {
  const garbage: [string, unknown][] = [
    ["nothing", undefined],
    ["null", null],
    ["text", "ready"],
    ["a list", [{ type: "ready" }]],
    ["no type", { text: "x" }],
    ["an unknown type", { type: "eval", text: "x" }],
    ["a wrong type of text", { type: "send", text: { toString: "x" } }],
    ["a prompt over the limit", { type: "send", text: "x".repeat(MAX_PROMPT_CHARS + 1) }],
    ["a draft over the limit", { type: "draft", text: "x".repeat(MAX_PROMPT_CHARS + 1) }],
    ["code over the limit", { type: "insert", text: "x".repeat(MAX_ANSWER_CHARS + 1), language: "ts" }],
    ["a long language", { type: "newFile", text: "x", language: "x".repeat(101) }],
    ["a command of its own", { type: "action", action: "workbench.action.terminal.sendSequence" }],
    ["an empty id", { type: "removeAttachment", id: "" }],
    ["a target without a selector", { type: "target" }],
  ];
  for (const [name, message] of garbage) {
    it(`rejects ${name}`, () => assert.equal(pageToHostSchema.safeParse(message).success, false));
  }

  it("keeps nothing of a message but what it names", () => {
    const parsed = pageToHostSchema.parse({ type: "send", text: "x", command: "rm", __proto__: { a: 1 } });
    assert.deepEqual(parsed, { type: "send", text: "x" });
  });
});

describe("chatHtml", () => {
  const html = chatHtml({
    cspSource: "https://local",
    scriptUri: "https://local/a.js",
    styleUri: "https://local/a.css",
    nonce: "N0",
  });

  it("forbids all but its own script, style and font", () => {
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? "";
    assert.deepEqual(policy.split("; "), [
      "default-src 'none'",
      "style-src https://local",
      "font-src https://local",
      "script-src 'nonce-N0'",
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  it("has nothing inline", () => {
    assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)/);
  });
});

describe("languageIdOf", () => {
  const known = ["typescript", "shellscript", "rust", "plaintext"];

  for (const [fence, id] of [
    ["ts", "typescript"],
    ["TypeScript", "typescript"],
    ["bash", "shellscript"],
    ["rs", "rust"],
    ["", "plaintext"],
    ["cobol", "plaintext"],
    ["constructor", "plaintext"],
    ["__proto__", "plaintext"],
  ] as const) {
    it(`reads "${fence}" as ${id}`, () => assert.equal(languageIdOf(fence, known), id));
  }
});

describe("what the page is told", () => {
  const attachment = { id: "a", path: "x.ts", languageId: "ts", startLine: 1, endLine: 2, text: "the text" };

  it("never holds the text of an attachment", () => {
    const conversation = new Stage().conversation();
    conversation.attach(attachment);
    assert.doesNotMatch(JSON.stringify(chatView(conversation.state, 1)), /the text/);
    conversation.send("hello");
    assert.doesNotMatch(JSON.stringify(chatView(conversation.state, 1)), /the text/);
  });

  it("grows an answer by deltas that, put together, are the answer", async () => {
    const stage = new Stage();
    const conversation = stage.conversation();
    let text = "";
    let reasoning = "";
    conversation.onDidChange((change) => {
      const message = changeMessage(conversation, change, 0);
      if (message?.type !== "delta") return;
      assert.equal(message.at, text.length);
      assert.equal(message.reasoningAt, reasoning.length);
      text += message.text;
      reasoning += message.reasoning;
    });
    conversation.send("hello");
    for (const piece of ["Grüße", " 👋", "🏽", "\n\n```ts\n"]) {
      await stage.call.part({ type: "reasoning", text: "." }, { type: "text", text: piece });
      stage.flush();
    }
    assert.equal(text, "Grüße 👋🏽\n\n```ts\n");
    assert.equal(reasoning, "....");
  });
});
