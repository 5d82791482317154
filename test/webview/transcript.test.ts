import assert from "node:assert/strict";
import { answer, prompt, room, snapshot, useChatPage } from "./chatHarness";

const second = { ...prompt, id: "p2", text: "again" };
const metrics = { ttftMs: 214, durationMs: 4_321, outputTokens: 380, tokensPerSecond: 92.4 };

describe("chat page: transcript", () => {
  const stage = useChatPage();

  it("says under each answer who, which model, how fast, and why it ended early", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("hi", { metrics, status: { state: "done", finishReason: "length" } })]);
    const row = chat.page.getByRole("article", { name: "Answer of Ana" });
    assert.equal(await row.locator(".model").innerText(), "llama3:8b");
    assert.equal(
      await row.locator(".meta").innerText(),
      "Cut off at the length limit · 214 ms to first token · 92 tokens/s · 380 tokens in 4.3 s",
    );
  });

  it("reads each block of an answer in the direction of its own words", async () => {
    const { chat } = stage;
    const text = "שלום, Ana!\n\n- אחת\n- שתיים\n\n> ציטוט\n\nHello again.\n\n- one\n";
    await chat.show([prompt, answer(text)]);
    const blocks = await chat.page.locator(".markdown > *").evaluateAll((all) =>
      all.map((block) => {
        const { direction, paddingRight } = getComputedStyle(block);
        return block.tagName === "UL" ? `${direction} ${paddingRight}` : direction;
      }),
    );
    assert.deepEqual(blocks, ["rtl", "rtl 24px", "rtl", "ltr", "ltr 0px"]);
  });

  const endings = [
    [{ state: "stopped" }, "half", "Stopped"],
    [{ state: "interrupted" }, "half", "Interrupted: the window was closed or reloaded"],
    [{ state: "done" }, "", "The model sent an empty answer"],
    [{ state: "done", finishReason: "stop" }, "all", ""],
  ] as const;
  for (const [status, text, said] of endings) {
    it(`says "${said}" of an answer that is ${status.state}`, async () => {
      await stage.chat.show([prompt, answer(text, { status })]);
      assert.equal(await stage.chat.page.locator(".meta").innerText(), said);
    });
  }

  it("shows a failure in its row as an alert, with buttons that help", async () => {
    const { chat } = stage;
    const status = { state: "failed" as const, message: "Ana is busy.", hint: "Ask another." };
    await chat.show([prompt, answer("half", { status: { state: "streaming" } })]);
    await chat.post({ type: "entry", chatId: "c1", entry: answer("half", { status }) });
    assert.equal(await chat.page.getByRole("alert").innerText(), "Ana is busy. Ask another.");
    await chat.page.getByRole("button", { name: "Retry" }).press("Enter");
    await chat.heard("retry");
    await chat.page.getByRole("button", { name: "Ask Another Participant" }).press("Enter");
    await chat.heard("askAnother");
  });

  it("shows an earlier failure without another alert where the page comes back", async () => {
    const { chat } = stage;
    const status = { state: "failed" as const, message: "Ana is busy.", hint: "Ask another." };
    await chat.show([prompt, answer("half", { status })]);
    await chat.page.getByText("Ana is busy. Ask another.").waitFor();
    assert.equal(await chat.page.getByRole("alert").count(), 0);
  });

  it("offers a retry under the last answer only, and none while it streams", async () => {
    const { chat } = stage;
    const last = answer("", { id: "r2", status: { state: "waiting" } });
    await chat.show([prompt, answer("hi"), second, last]);
    assert.equal(await chat.page.getByRole("button", { name: "Retry" }).count(), 0);
    await chat.post({
      type: "entry",
      chatId: "c1",
      entry: { ...last, text: "ok", status: { state: "done" } },
    });
    assert.equal(await chat.page.locator(".answer").nth(0).getByRole("button", { name: "Retry" }).count(), 0);
    assert.equal(await chat.page.locator(".answer").nth(1).getByRole("button", { name: "Retry" }).count(), 1);
  });

  it("folds reasoning away, to be opened", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("42", { reasoning: "six times seven" })]);
    const reasoning = chat.page.getByText("six times seven");
    assert.equal(await reasoning.isVisible(), false);
    await chat.page.getByText("Thoughts").click();
    await reasoning.waitFor();
  });

  it("lets the last prompt be edited and resent, by keyboard", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("hi"), second, answer("ho", { id: "r2" })]);
    const edits = chat.page.getByRole("button", { name: "Edit and Resend" });
    assert.equal(await edits.count(), 1);
    await edits.press("Enter");
    const input = chat.page.getByRole("textbox", { name: "Edit the prompt" });
    assert.equal(await input.inputValue(), "again");
    await input.fill("never mind");
    await input.press("Escape");
    assert.equal(await chat.page.locator(".prompt-text").nth(1).innerText(), "again");
    await edits.press("Enter");
    await input.fill("once more");
    await input.press("Enter");
    assert.deepEqual(await chat.heard("edit"), { type: "edit", promptId: "p2", text: "once more" });
    // The host answers with the conversation as it is now.
    await chat.show([prompt, answer("hi"), { ...second, text: "once more" }]);
    assert.deepEqual(await chat.page.locator(".prompt-text").allInnerTexts(), ["hello", "once more"]);
    assert.equal(await chat.page.locator(".answer").count(), 1);
  });

  it("hands a code block to the host: copied, inserted, in a new file, by keyboard", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("Look:\n\n```ts\nconst a = '<b>';\n\n  return a;\n```\n")]);
    const text = "const a = '<b>';\n\n  return a;";
    await chat.page.getByRole("button", { name: "Copy" }).press("Enter");
    assert.deepEqual(await chat.heard("copy"), { type: "copy", text });
    await chat.page.getByRole("button", { name: "Insert at Cursor" }).press("Enter");
    assert.deepEqual(await chat.heard("insert"), { type: "insert", text, language: "ts" });
    await chat.page.getByRole("button", { name: "New File" }).press("Enter");
    assert.deepEqual(await chat.heard("newFile"), { type: "newFile", text, language: "ts" });
  });

  it("highlights the languages that it knows, and shows the others plain", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("```python\ndef f(): pass\n```\n\n```cobol\nMOVE A TO B.\n```")]);
    assert.equal(await chat.page.locator(".hljs-keyword", { hasText: "def" }).count(), 1);
    const plain = chat.page.locator(".code-block").nth(1);
    assert.equal(await plain.locator(".code-language").innerText(), "cobol");
    assert.equal(await plain.locator("code span").count(), 0);
  });

  it("tells a screen reader of each answer once, when it is complete", async () => {
    const { chat } = stage;
    const running = answer("", { status: { state: "waiting" } });
    await chat.show([prompt, running]);
    const said = () => chat.page.locator(".visually-hidden[role=status]").innerText();
    await chat.post({
      ...{ type: "delta", chatId: "c1", answerId: "r1", at: 0, text: "forty", reasoningAt: 0, reasoning: "" },
    } as const);
    await chat.page.locator(".markdown", { hasText: "forty" }).waitFor();
    assert.equal(await said(), "");
    await chat.post({ type: "entry", chatId: "c1", entry: answer("forty-two") });
    assert.equal(await said(), "Ana answered: forty-two");
    assert.equal(await chat.page.getByRole("log").getAttribute("aria-live"), "off");
  });

  it("names everything that can be pressed", async () => {
    const { chat } = stage;
    const attachments = [{ id: "a", path: "src/a.ts", languageId: "ts", startLine: 1, endLine: 2 }];
    const draft = { revision: 1, text: "x", attachments };
    await chat.show([{ ...prompt, attachments }, answer("```ts\nx\n```", { metrics })], { chat: { draft } });
    const nameless = await chat.page
      .locator("button, textarea, [role=combobox]")
      .evaluateAll((all) =>
        all
          .filter((node) => !(node.getAttribute("aria-label") ?? node.textContent ?? "").trim())
          .map((node) => node.outerHTML),
      );
    assert.deepEqual(nameless, []);
  });

  it("comes back to where the user was reading after the page was away", async () => {
    const { chat } = stage;
    const long = answer("A line.\n\n".repeat(300));
    await chat.show([prompt, long]);
    const area = chat.page.locator(".scroll-area");
    await area.evaluate((node) => {
      node.scrollTop = 700;
    });
    await chat.page.getByRole("button", { name: "Jump to Latest" }).waitFor();
    const before = chat.said.length;
    await chat.page.reload();
    await chat.heard("ready", before);
    await chat.show([prompt, long]);
    assert.equal(await area.evaluate((node) => node.scrollTop), 700);
  });

  it("takes a snapshot twice without moving anything", async () => {
    const { chat } = stage;
    const message = snapshot([prompt, answer("```ts\nx\n```")], { room });
    await chat.post(message);
    const copy = chat.page.getByRole("button", { name: "Copy" });
    await copy.focus();
    await chat.post(message);
    assert.equal(await copy.evaluate((node) => node === document.activeElement), true);
    assert.equal(await chat.page.locator(".row").count(), 2);
  });

  it("fits a narrow column, and reads at twice the size", async () => {
    const { chat } = stage;
    await chat.show([
      prompt,
      answer(
        "| a | b |\n|-|-|\n| word | word |\n\n```ts\nconst a = 'a long line of code that does not fit at all';\n```",
        { metrics },
      ),
    ]);
    for (const width of [900, 300]) {
      await chat.page.setViewportSize({ width, height: 600 });
      const overflow = await chat.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overflow <= 0, `${overflow} px too wide at ${width}`);
      const outside = await chat.page
        .locator(".composer-bar > *, .head > *")
        .evaluateAll((all) =>
          all.filter((node) => node.getBoundingClientRect().right > innerWidth).map((node) => node.className),
        );
      assert.deepEqual(outside, []);
    }
  });
});
