import assert from "node:assert/strict";
import type { HostToPage } from "../../src/protocol/panel";
import { eventually } from "../support/eventually";
import { answer, prompt, useChatPage } from "./chatHarness";

const waiting = answer("", { status: { state: "waiting" } });
/** Everything whose meaning can change with the next character. */
const tricky = `Intro
text
===

# Title
#not a heading

- one
- two

  still two
- three
1. other list

a | b
--|--
1 | 2

> quote
lazy

\`\`\`ts
const a = 1;

// # not a heading
\`\`\`
~~~
unclosed in between
~~~

See **bold** and https://ok.example/x.

***

    indented

    code

Last *line`;

function delta(at: number, text: string, reasoning = "", reasoningAt = 0): HostToPage {
  return { type: "delta", chatId: "c1", answerId: "r1", at, text, reasoningAt, reasoning };
}

describe("chat page: streaming", () => {
  const stage = useChatPage();

  it("shows text as it comes", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    assert.equal(await chat.page.locator(".progress").innerText(), "Waiting for Ana");
    await chat.post(delta(0, "Hello **wor"));
    await chat.page.locator(".markdown", { hasText: "Hello **wor" }).waitFor();
    await chat.post(delta(11, "ld**"));
    await chat.page.locator(".markdown strong", { hasText: "world" }).waitFor();
    assert.equal(await chat.page.locator(".progress").isVisible(), false);
  });

  it("renders a streamed answer exactly as a complete one, wherever it is cut", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer(tricky)]);
    const expected = await chat.page.locator(".markdown").innerHTML();
    for (const size of [1, 3, 7, 50]) {
      await chat.show([prompt, { ...waiting, id: `r-${size}` }], { chat: { id: `c-${size}` } });
      const ids = { chatId: `c-${size}`, answerId: `r-${size}` };
      for (let at = 0; at < tricky.length; at += size) {
        await chat.post({ ...delta(at, tricky.slice(at, at + size)), ...ids } as HostToPage);
      }
      await chat.post({ type: "entry", chatId: ids.chatId, entry: answer(tricky, { id: ids.answerId }) });
      const streamed = await chat.page.locator(".markdown").innerHTML();
      assert.equal(streamed.replace(/\s+/g, " "), expected.replace(/\s+/g, " "), `in pieces of ${size}`);
    }
  }).timeout(60_000);

  it("gives earlier words their link once its definition has come", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    const text = "See [the docs][d].\n\nMore.\n\n[d]: https://docs.example\n";
    await chat.post(delta(0, text.slice(0, 26)));
    await chat.page.locator(".markdown p", { hasText: "More" }).waitFor();
    await chat.post(delta(26, text.slice(26)), { type: "entry", chatId: "c1", entry: answer(text) });
    assert.equal(await chat.page.locator(".markdown a").getAttribute("href"), "https://docs.example");
    assert.equal(await chat.page.locator(".markdown p").count(), 2);
  });

  it("asks for a snapshot where something is missing, and ignores what it had already", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    await chat.post(delta(0, "one "));
    const before = chat.said.length;
    await chat.post(delta(9, "three"));
    await chat.heard("ready", before);
    // Until the snapshot comes, what arrives is in it.
    await chat.post(delta(14, " four"));
    assert.equal(chat.said.slice(before).filter(({ type }) => type === "ready").length, 1);
    await chat.show([prompt, answer("one two three four", { status: { state: "streaming" } })]);
    await chat.page.locator(".markdown", { hasText: "one two three four" }).waitFor();
    await chat.post(delta(18, " five"));
    await chat.page.locator(".markdown", { hasText: "four five" }).waitFor();
  });

  it("ignores another conversation's answer", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    await chat.post({ ...delta(0, "leaked"), chatId: "c0" } as HostToPage);
    await chat.post({ type: "entry", chatId: "c0", entry: answer("leaked", { id: "r0" }) });
    assert.equal(await chat.page.getByText("leaked").count(), 0);
    assert.equal(chat.said.filter(({ type }) => type === "ready").length, 1);
  });

  it("keeps finished blocks as they are, with the focus in them", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    const code = "```ts\nconst a = 1;\n```\n\n";
    await chat.post(delta(0, `${code}And`));
    const copy = chat.page.getByRole("button", { name: "Copy" });
    await copy.focus();
    await chat.post(delta(code.length + 3, " then"), delta(code.length + 8, "\n\n- more\n- and more"));
    await chat.page.locator(".markdown li", { hasText: "and more" }).waitFor();
    await chat.post({ type: "entry", chatId: "c1", entry: answer(`${code}And then\n\n- more\n- and more`) });
    assert.equal(await copy.evaluate((node) => node === document.activeElement), true);
  });

  it("keeps the focus on the buttons of a block that still grows", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    await chat.post(delta(0, "```ts\nconst a"));
    const copy = chat.page.getByRole("button", { name: "Copy" });
    await copy.focus();
    await chat.post(delta(13, " = 1;"));
    await chat.page.locator("pre", { hasText: "const a = 1;" }).waitFor();
    assert.equal(await copy.evaluate((node) => node === document.activeElement), true);
  });

  it("follows the end, but not where the user scrolled up", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    const area = chat.page.locator(".scroll-area");
    const isAtEnd = () => area.evaluate((node) => node.scrollHeight - node.scrollTop - node.clientHeight < 5);
    let text = "";
    const grow = async () => {
      const more = `${"A line of text.\n\n".repeat(40)}`;
      await chat.post(delta(text.length, more));
      text += more;
      const count = text.split("\n\n").length - 1;
      await eventually(async () => (await chat.page.locator(".markdown p").count()) === count);
    };
    await grow();
    await grow();
    await eventually(isAtEnd);
    const jump = chat.page.getByRole("button", { name: "Jump to Latest" });
    assert.equal(await jump.isVisible(), false);
    await area.evaluate((node) => node.scrollBy(0, -500));
    await jump.waitFor();
    const top = await area.evaluate((node) => node.scrollTop);
    await grow();
    assert.equal(await area.evaluate((node) => node.scrollTop), top);
    await jump.click();
    await eventually(isAtEnd);
    await grow();
    await eventually(isAtEnd);
  });

  it("renders no more at a time at the end of ten thousand tokens than at the beginning", async () => {
    const { chat } = stage;
    await chat.show([prompt, waiting]);
    const block =
      "Some prose with **bold** words and `code` in it, as models write.\n\n```ts\nconst a: number = f(1);\n```\n\n- one\n- two\n\n";
    const pieces = (block.repeat(500).match(/\s*\S+/g) ?? []).slice(0, 10_000);
    const { median, shown } = await chat.page.evaluate(async (all) => {
      // Whatever is rendered passes the sanitiser, and the sanitiser parses it.
      const lengths: number[] = [];
      const parse = DOMParser.prototype.parseFromString;
      DOMParser.prototype.parseFromString = function (text: string, type) {
        lengths.push(String(text).length);
        return parse.call(this, text, type);
      };
      let at = 0;
      const perFrame = 40;
      for (let index = 0; index < all.length; index += perFrame) {
        const text = all.slice(index, index + perFrame).join("");
        window.postMessage({
          type: "delta",
          chatId: "c1",
          answerId: "r1",
          at,
          text,
          reasoningAt: 0,
          reasoning: "",
        });
        at += text.length;
        await new Promise((resolve) => requestAnimationFrame(resolve));
      }
      const sorted = lengths.toSorted((a, b) => a - b);
      return {
        median: sorted[sorted.length >> 1] ?? 0,
        shown: document.querySelector(".markdown")?.innerHTML.length ?? 0,
      };
    }, pieces);
    assert.ok(shown > 100_000, `${shown} characters of markup`);
    // Rendering everything anew would parse, half of the times, more than half of what is shown in the end.
    assert.ok(median > 0 && median < shown / 20, `${median} characters of markup at a time, for ${shown}`);
  }).timeout(60_000);
});
