import assert from "node:assert/strict";
import { answer, prompt, useChatPage } from "./chatHarness";

const allowedTags = new Set(
  "p br hr h1 h2 h3 h4 h5 h6 strong em s a blockquote ul ol li table thead tbody tr th td pre code span".split(
    " ",
  ),
);
/** Ours, around what is sanitised. */
const ownTags = new Set(["figure", "figcaption", "button", "div"]);

const hostile: [string, string][] = [
  ["a script", "<script>alert(1)</script>"],
  ["an event handler", '<img src=x onerror="alert(1)"><div onclick=alert(1)>x</div>'],
  [
    "a script in an svg",
    "<svg onload=alert(1)><script>alert(1)</script><a xlink:href='javascript:alert(1)'>x</a></svg>",
  ],
  ["a style", "<style>*{display:none}</style><p style='position:fixed;inset:0'>x</p>"],
  ["a frame", '<iframe src="https://evil.example"></iframe><object data="https://evil.example"></object>'],
  ["a form", '<form action="https://evil.example"><input name=a><button>Send</button></form>'],
  [
    "a meta refresh",
    '<meta http-equiv="refresh" content="0;url=https://evil.example"><base href="https://evil.example">',
  ],
  ["a javascript: link", "[x](javascript:alert(1)) [y](JaVaScRiPt:alert(1)) <javascript:alert(1)>"],
  [
    "a hidden javascript: link",
    "[x](&#106;avascript:alert(1)) [y](java\tscript:alert(1)) [z]( javascript:alert(1))",
  ],
  ["a data: link", "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)"],
  ["a command: link", "[x](command:workbench.action.terminal.new) <command:workbench.action.quit>"],
  ["a vscode: link", "[x](vscode://evil.extension/run) [y](vscode-webview://x) [z](file:///etc/passwd)"],
  ["a relative link", "[x](//evil.example) [y](/etc/passwd) [z](#top) [w](a.md)"],
  ["a link by reference", "[x][1]\n\n[1]: javascript:alert(1)"],
  ["a link without its scheme", "evil.example www.evil.example me@evil.example readme.md"],
  ["a link's title that breaks out", '[x](https://ok.example "\\" onmouseover=alert(1) \\"")'],
  ["an image", "![x](https://evil.example/pixel.png) ![y](data:image/png;base64,AAAA)"],
  ["an image by reference", "![x][1]\n\n[1]: https://evil.example/pixel.png"],
  ["a fence's language that breaks out", '```"><img/src=x/onerror=alert(1)>\nx\n```'],
  ["a fence's classes", "```codicon-close button\nx\n```"],
  [
    "markup in code",
    "`<img src=x onerror=alert(1)>`\n\n```html\n<script>alert(1)</script>\n```\n\n    <b>x</b>",
  ],
  ["markup in highlighted code", '```js\nconst a = "</span></code></pre><img src=x onerror=alert(1)>";\n```'],
  ["markup in a table", "| <b>a</b> | b |\n|:-:|--:|\n| <img src=x onerror=alert(1)> | [x](javascript:1) |"],
  ["entities that make markup", "&lt;script&gt;alert(1)&lt;/script&gt; &#60;img src=x onerror=alert(1)&#62;"],
  ["a fence that is not closed", "```ts\nconst a = '<script>alert(1)</script>"],
  ["unclosed everything", "**[`<b><![CDATA[<script>alert(1)</script>"],
  ["a NUL and controls", "a\u0000<scr\u0000ipt>alert(1)</script>\u001b[31m"],
  ["deep quotes", `${">".repeat(5_000)} x`],
  ["deep lists", Array.from({ length: 300 }, (_, depth) => `${"  ".repeat(depth)}- x`).join("\n")],
  ["many brackets", `${"[".repeat(5_000)}x${"](y)".repeat(5_000)}`],
  ["many stars", `${"*a ".repeat(5_000)}${"_".repeat(5_000)}`],
];

describe("chat page: hostile Markdown", () => {
  const stage = useChatPage();

  for (const [name, text] of hostile) {
    it(`shows ${name} as harmless text`, async () => {
      const { chat } = stage;
      await chat.show([prompt, answer(text)]);
      const found = await chat.page.locator(".markdown").evaluate((root) =>
        [...root.querySelectorAll("*")].map((node) => ({
          tag: node.localName,
          namespace: node.namespaceURI,
          attributes: [...node.attributes].map(({ name: key, value }) => [key, value] as const),
          isOurs: node.closest("figcaption") !== null,
        })),
      );
      for (const { tag, namespace, attributes, isOurs } of found) {
        assert.ok(allowedTags.has(tag) || ownTags.has(tag), `<${tag}>`);
        assert.ok(tag !== "button" || isOurs, "a button outside our own header");
        assert.equal(namespace, "http://www.w3.org/1999/xhtml");
        for (const [key, value] of attributes) {
          assert.doesNotMatch(key, /^on|^style$|^src|^id$|^name$/);
          if (key === "href") assert.match(value, /^https?:\/\//);
        }
      }
    });
  }

  it("makes a picture a link to click, which loads nothing", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("![a cat](https://cats.example/1.png)")]);
    const link = chat.page.locator(".markdown a");
    assert.equal(await link.innerText(), "a cat");
    assert.equal(await link.getAttribute("href"), "https://cats.example/1.png");
    assert.equal(await chat.page.locator("img").count(), 0);
  });

  it("tells where a link leads, whatever its text says", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer("[https://bank.example](https://evil.example/x)")]);
    assert.equal(await chat.page.locator(".markdown a").getAttribute("title"), "https://evil.example/x");
  });

  it("shows characters that turn code's reading direction, on the page and in what is copied", async () => {
    const { chat } = stage;
    const code = "if (isAdmin\u202E \u2066// check\u2069 \u2066) {";
    await chat.show([prompt, answer(`\`\`\`js\n${code}\n\`\`\`\n\nand \`a\u202Eb\` and \u202Eprose`)]);
    assert.doesNotMatch(await chat.page.locator(".markdown").innerText(), /[\u202A-\u202E\u2066-\u2069]/);
    await chat.page.getByRole("button", { name: "Copy" }).click();
    const { text } = await chat.heard("copy");
    assert.equal(text, code.replace(/[\u202A-\u202E\u2066-\u2069]/g, "\uFFFD"));
  });

  it("takes an answer of a million characters", async () => {
    const { chat } = stage;
    await chat.show([prompt, answer(`# Long\n\n${"word ".repeat(200_000)}`)]);
    assert.equal(await chat.page.locator(".markdown h1").innerText(), "Long");
  });

  it("shows nicknames, models, titles and errors as text", async () => {
    const { chat } = stage;
    const evil = "<img src=x onerror=alert(1)>";
    const status = { state: "failed" as const, message: evil, hint: evil };
    const who = { nickname: evil, model: evil };
    const attachments = [{ id: "a", path: evil, languageId: evil, startLine: 1, endLine: 1 }];
    await chat.show(
      [{ ...prompt, text: evil, attachments }, answer(evil, { who, status, reasoning: evil })],
      {
        room: {
          state: "joined",
          name: evil,
          hub: "live",
          targets: [
            {
              selector: "x",
              kind: "participant",
              label: evil,
              model: evil,
              status: "online",
              detail: evil,
              isMine: false,
            },
          ],
        },
        chat: { target: { selector: "x", label: evil }, draft: { revision: 2, text: evil, attachments } },
      },
    );
    await chat.page.locator(".picker-button").click();
    assert.equal(await chat.page.locator("img").count(), 0);
    assert.equal(await chat.page.locator(".error strong").innerText(), evil);
  });
});
