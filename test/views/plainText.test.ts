import assert from "node:assert/strict";
import fc from "fast-check";
import MarkdownIt from "markdown-it";
import {
  escapeIcons,
  escapeMarkdown,
  toOneLine,
  toRowText,
  withoutLinks,
} from "../../src/vscode/views/plainText";

describe("toOneLine", () => {
  it("makes one printable line of whatever a stranger wrote", () => {
    assert.equal(toOneLine("  a\r\n\tb\u0000c\u2028d  "), "a b c d");
  });

  it("keeps an emoji of several parts whole", () => {
    for (const emoji of ["👩‍👧‍👦", "👩🏽‍💻", "🏳️‍🌈"]) assert.equal(toOneLine(`${emoji}\u200d `), emoji);
  });

  it("drops the marks that turn or hide text", () => {
    assert.equal(toOneLine("admin\u202Egnp.exe\u200B"), "admin gnp.exe");
  });
});

describe("toRowText", () => {
  it("cuts what no row has room for, between characters", () => {
    const text = toRowText("😀".repeat(100));
    assert.equal([...text].length, 60);
    assert.ok(text.endsWith("😀…"));
  });

  it("keeps what is written from right to left to itself", () => {
    assert.equal(
      `${toRowText("\u05d2\u05d9\u05dc\u05d3\u05d4 1")} · 4`,
      "\u2068\u05d2\u05d9\u05dc\u05d3\u05d4 1\u2069 · 4",
    );
    assert.equal(toRowText("Équipe 🚀"), "Équipe 🚀");
  });

  it("is never empty", () => {
    assert.equal(toRowText("\u200B \n"), "(no name)");
  });
});

describe("escapeIcons", () => {
  it("keeps a name from drawing an icon", () => {
    assert.equal(escapeIcons("$(sync~spin) me"), "\\$(sync~spin) me");
  });
});

describe("withoutLinks", () => {
  // What VS Code takes for a link in a message.
  const link = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/i;

  it("leaves no link in a message, and the rest as it is", () => {
    const evil = 'Room full. [Try again](command:workbench.action.terminal.new?%5B%5D "Retry")';
    assert.match(evil, link);
    for (const text of [evil, evil.toUpperCase(), `[${evil}`, "[a](https://evil.example)", "[a](file:///x)"])
      assert.doesNotMatch(withoutLinks(text), link);
    const plain = "llama3 [q4] (8 GB) at http://gpu:11434";
    assert.equal(withoutLinks(plain), plain);
  });
});

describe("escapeMarkdown", () => {
  // What VS Code's own renderer knows beyond CommonMark: tables and bare links.
  const markdown = new MarkdownIt({ html: true, linkify: true });

  it("shows everything as it was typed, in a table's cell too", () => {
    const nasty = "**b** <img src=x onerror=alert(1)> [a](command:x) ![i](http://e/x.png) `c` | d ~~e~~ # f";
    const html = markdown.render(`| h | i |\n| - | - |\n| ${escapeMarkdown(nasty)} | end |`);
    assert.doesNotMatch(html, /<(img|a|strong|code|s|h1)\b/);
    assert.equal(html.match(/<td/g)?.length, 2);
  });

  it("never lets a text make a tag, whatever it is", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const html = markdown.renderInline(escapeMarkdown(text));
        assert.doesNotMatch(html, /</);
      }),
    );
  });

  it("keeps what the text says", () => {
    const texts = ["a_b*c", "x < y & z", "http://example.org/?a=b", "1. one", "C:\\models\\x"];
    for (const text of texts) {
      const html = markdown.renderInline(escapeMarkdown(text));
      assert.equal(unescapeHtml(html), text);
    }
  });
});

function unescapeHtml(html: string): string {
  return html
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&amp;", "&");
}
