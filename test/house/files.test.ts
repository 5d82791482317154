import assert from "node:assert/strict";
import { basename } from "node:path";
import { type Source, sources } from "../support/sources";

/** One noun fits into it; what does not is two. */
const HIGHEST_LINES = 400;
/** VS Code calls deactivate() without telling whose, so that what activate() made has to be remembered there. */
const REMEMBERS = new Set(["src/extension.ts"]);
/** Worth a look in review; printed, not refused. */
const LONG_LINES = 300;

function lineCount({ text }: Source): number {
  return text.split("\n").length - 1;
}

describe("files", () => {
  let product: Source[];
  let all: Source[];
  before(async () => {
    product = [...(await sources("src", ".ts")), ...(await sources("src", ".css"))];
    all = [...product, ...(await sources("test", ".ts"))];
  });

  it(`have at most ${HIGHEST_LINES} lines`, () => {
    const long = product.filter((source) => lineCount(source) > LONG_LINES);
    for (const source of long) console.log(`      long: ${source.path}, ${lineCount(source)} lines`);
    const tooLong = all.filter((source) => lineCount(source) > HIGHEST_LINES);
    assert.deepEqual(
      tooLong.map((source) => `${source.path}: ${lineCount(source)}`),
      [],
    );
  });

  it("export by name", () => {
    const wrong = all.filter(({ text }) =>
      /^\s*export default\b|^\s*export \{[^}]*\bas default\b/m.test(text),
    );
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("are no barrels", () => {
    const barrels = product.filter(({ text }) => /^\s*export\s+(\*|\{[^}]*\})\s*from\b/m.test(text));
    assert.deepEqual(
      barrels.map(({ path }) => path),
      [],
    );
  });

  it("are named after what they hold, in camelCase", () => {
    const wrong = product.filter(({ path }) => {
      const name = basename(path);
      return (
        !/^[a-z][A-Za-z0-9]*(\.d)?\.(ts|css)$/.test(name) || /^(utils?|helpers?|misc|types)\./.test(name)
      );
    });
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });

  it("keep no state in a module", () => {
    // A read-only table may be a Set or a Map that is never written: `new Set([…])` says so by its content.
    const mutable =
      /^(export )?let\s|^(export )?const \w+(: [^=]+)? = new (Map|Set|WeakMap|WeakSet)(<[^(]*>)?\(\)/m;
    const wrong = product.filter(({ path, text }) => mutable.test(text) && !REMEMBERS.has(path));
    assert.deepEqual(
      wrong.map(({ path }) => path),
      [],
    );
  });
});
