import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { type Source, sources } from "../support/sources";

/** `- **M1** Success is …` in docs/protocol.md. */
const RULE = /^- \*\*([A-Z]\d+)\*\* /gm;
/** A test or a group of tests whose name begins with rules: `it("M1: …`, `describe("S1, S3 …`. */
const NAME = /\b(?:it|describe)\(\s*["'`]((?:[A-Z]\d+(?:\s*(?:,|and|\+|\/)\s*)?)+)(?=[\s:,.])/g;

function rulesIn(names: Iterable<RegExpMatchArray>): string[] {
  return [...names].flatMap((match) => match[1]?.match(/[A-Z]\d+/g) ?? []);
}

describe("the rules of docs/protocol.md", () => {
  let rules: string[];
  let tests: Source[];
  before(async () => {
    const text = await readFile("docs/protocol.md", "utf8");
    rules = [...text.matchAll(RULE)].map((match) => match[1] ?? "");
    tests = await sources("test", ".test.ts");
  });

  it("are numbered once each", () => {
    assert.ok(rules.length > 0);
    assert.deepEqual(
      rules.filter((rule, at) => rules.indexOf(rule) !== at),
      [],
    );
  });

  it("each begin the name of a test", () => {
    const shown = new Set(tests.flatMap(({ text }) => rulesIn(text.matchAll(NAME))));
    assert.deepEqual(
      rules.filter((rule) => !shown.has(rule)),
      [],
    );
  });

  it("are named by tests only where they exist", () => {
    const known = new Set(rules);
    const unknown = tests.flatMap(({ path, text }) =>
      rulesIn(text.matchAll(NAME))
        .filter((rule) => !known.has(rule))
        .map((rule) => `${path}: ${rule}`),
    );
    assert.deepEqual(unknown, []);
  });
});
