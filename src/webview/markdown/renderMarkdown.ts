import createDOMPurify from "dompurify";
import createMarkdownIt, { type MarkdownIt } from "markdown-it";
import type { Highlight } from "./highlighter";

/** Where the lines of a text begin whose last top-level block is still open. */
export interface MarkdownBlocks {
  /** The line on which the last block starts; undefined where there is none. */
  readonly lastStartsAtLine: number | undefined;
}

export interface MarkdownRenderer {
  /** Nothing but what is on the lists below, whatever the text holds. */
  render(text: string): DocumentFragment;
  blocks(text: string): MarkdownBlocks;
}

const allowedTags = [
  ...["p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "em", "s", "a", "blockquote"],
  ...["ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "span"],
];
const allowedAttributes = ["href", "title", "class", "start"];
const allowedClass =
  /^(hljs-[a-z_-]+|language-[\w+#.-]+|align-(left|center|right)|function_|class_|inherited__|constant_)$/;
const httpLink = /^https?:\/\//i;
const maxLanguageChars = 30;
/** They turn the reading direction of what follows, so that code reads other than it runs. */
const bidiControls = /[\u202A-\u202E\u2066-\u2069]/g;
/** Only these are of no use in prose: the others keep Arabic and Hebrew readable among Latin words. */
const bidiOverrides = /[\u202D\u202E]/g;
const replacement = "\uFFFD";

export function createMarkdownRenderer(highlight: Highlight): MarkdownRenderer {
  const markdown = createParser(highlight);
  const sanitise = createSanitiser();
  return {
    render: (text) => {
      const fragment = sanitise(markdown.render(text.replace(bidiOverrides, replacement)));
      // Each block is read as its own first words are, Hebrew among English too; code is not.
      for (const block of fragment.children) if (block.tagName !== "PRE") block.setAttribute("dir", "auto");
      return fragment;
    },
    blocks: (text) => {
      const last = markdown
        .parse(text, {})
        .findLast(({ level, map, nesting }) => level === 0 && map && nesting >= 0);
      return { lastStartsAtLine: last?.map?.[0] };
    },
  };
}

function createParser(highlight: Highlight): MarkdownIt {
  const markdown = createMarkdownIt({ html: false, linkify: true });
  // Without a scheme "readme.md" would become a link to a stranger's domain.
  markdown.linkify.set({ fuzzyLink: false, fuzzyEmail: false });
  markdown.validateLink = (url) => httpLink.test(url);
  const { rules } = markdown.renderer;
  const escaped = (text: string) => markdown.utils.escapeHtml(text);
  const codeBlock = (code: string, info: string) => {
    const shown = code.replace(bidiControls, replacement);
    const language = fenceLanguage(info);
    const inner = highlight(shown, language.toLowerCase()) ?? escaped(shown);
    const attribute = language === "" ? "" : ` class="language-${escaped(language)}"`;
    return `<pre><code${attribute}>${inner}</code></pre>`;
  };
  rules.fence = (tokens, index) => codeBlock(tokens[index]?.content ?? "", tokens[index]?.info ?? "");
  rules.code_block = (tokens, index) => codeBlock(tokens[index]?.content ?? "", "");
  rules.code_inline = (tokens, index) =>
    `<code>${escaped((tokens[index]?.content ?? "").replace(bidiControls, replacement))}</code>`;
  // A picture would tell its server who reads; its description is shown, and leads there on a click.
  rules.image = (tokens, index) => {
    const text = escaped(tokens[index]?.content || "image");
    const source = String(tokens[index]?.attrGet("src") ?? "");
    return httpLink.test(source) ? `<a href="${escaped(source)}">${text}</a>` : text;
  };
  // Alignment comes as an inline style, which the page's policy forbids.
  for (const rule of ["th_open", "td_open"]) {
    rules[rule] = (tokens, index) => {
      const side = /text-align:(left|center|right)/.exec(String(tokens[index]?.attrGet("style") ?? ""))?.[1];
      const tag = tokens[index]?.tag ?? "td";
      return side === undefined ? `<${tag}>` : `<${tag} class="align-${side}">`;
    };
  }
  return markdown;
}

function fenceLanguage(info: string): string {
  const word = info.trim().split(/\s/, 1)[0] ?? "";
  return /^[\w+#.-]+$/.test(word) ? word.slice(0, maxLanguageChars) : "";
}

function createSanitiser(): (html: string) => DocumentFragment {
  const purify = createDOMPurify(window);
  purify.addHook("uponSanitizeAttribute", (_node, data) => {
    if (data.attrName !== "class") return;
    data.attrValue = data.attrValue
      .split(" ")
      .filter((name) => allowedClass.test(name))
      .join(" ");
  });
  purify.addHook("afterSanitizeAttributes", (node) => {
    if (node.tagName !== "A") return;
    // Where a link leads is seen before it is followed, whatever its text says.
    const target = node.getAttribute("href");
    if (target) node.setAttribute("title", target);
  });
  return (html) =>
    purify.sanitize(html, {
      RETURN_DOM_FRAGMENT: true,
      ALLOWED_TAGS: allowedTags,
      ALLOWED_ATTR: allowedAttributes,
      ALLOWED_URI_REGEXP: httpLink,
      ALLOW_DATA_ATTR: false,
      ALLOW_ARIA_ATTR: false,
    });
}
