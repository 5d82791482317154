import assert from "node:assert/strict";
import fc from "fast-check";
import { outlineJson } from "../../src/common/outlineJson";
import { rewriteJson } from "../../src/common/rewriteJson";

const unit = fc.constantFrom(
  "a",
  "7",
  "é",
  "漢",
  "😀",
  '"',
  "\\",
  "\n",
  "{",
  "}",
  ",",
  ":",
  "\u0000",
  "\ud800",
);
const string = fc.string({ unit, maxLength: 40 });
const name = fc.constantFrom("model", "stream", "messages", "a", "漢", "", "__proto__", "max_tokens");
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof({ maxDepth: 4 }, string, fc.jsonValue({ maxDepth: 1 }), tie("list"), tie("object")),
  list: fc.array(tie("value"), { maxLength: 4 }),
  object: fc.dictionary(fc.oneof(name, string), tie("value"), { maxKeys: 4 }),
})).value;
const object = fc.dictionary(name, value, { maxKeys: 6 });
/** As `JSON.stringify` lays it out, or with white space, which a string keeps for itself. */
const indent = fc.constantFrom<string | undefined>(undefined, "  ", "\t");

describe("common: rewriteJson", () => {
  it("sets fields of an object's text as if it had been read and written again", () => {
    fc.assert(
      fc.property(
        object,
        object,
        indent,
        fc.constantFrom("", " ", "\n\t"),
        (given, changes, space, around) => {
          const json = Buffer.from(`${around}${JSON.stringify(given, null, space)}${around}`);
          const pieces = rewriteJson(json, changes);
          assert.ok(pieces);
          const rewritten = JSON.parse(Buffer.concat(pieces).toString());
          assert.deepEqual(rewritten, {
            ...JSON.parse(json.toString()),
            ...JSON.parse(JSON.stringify(changes)),
          });
          // As a plain array of bytes it is the same.
          assert.deepEqual(rewriteJson(Uint8Array.from(json), changes)?.length, pieces.length);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("puts an item before a list's first, and copies nothing of the list", () => {
    fc.assert(
      fc.property(
        object,
        fc.array(value, { minLength: 1, maxLength: 4 }),
        value,
        indent,
        (given, list, item, space) => {
          const json = Buffer.from(JSON.stringify({ ...given, list }, null, space));
          const pieces = rewriteJson(json, { model: "m" }, { list: item });
          assert.ok(pieces);
          const expected = { ...JSON.parse(json.toString()), model: "m" };
          expected.list.unshift(JSON.parse(JSON.stringify(item)));
          assert.deepEqual(JSON.parse(Buffer.concat(pieces).toString()), expected);
          assert.ok(pieces.filter(({ buffer }) => buffer === json.buffer).length >= 2);
        },
      ),
    );
    assert.equal(rewriteJson(Buffer.from('{"a":[1]}'), {}, { list: 1 }), undefined, "there is none");
  });

  it("leaves the rest as it came, byte for byte, and copies none of it", () => {
    const json = Buffer.from(
      '{ "seed" : 12345678901234567890, "model":"*", "m":[{"model":"x"}] , "stop": null}',
    );
    const pieces = rewriteJson(json, { model: "é", stop: ["a"], top_p: 1, user: undefined }) ?? [];
    assert.equal(
      Buffer.concat(pieces).toString(),
      '{"top_p":1, "seed" : 12345678901234567890, "model":"é", "m":[{"model":"x"}] , "stop":["a"]}',
    );
    assert.equal(pieces.filter(({ buffer }) => buffer === json.buffer).length, 4);
  });

  it("is the text itself where nothing changes", () => {
    const json = Buffer.from('{"model":"m","max_tokens":5,"a":[1]}');
    const pieces = rewriteJson(json, { model: "m", max_tokens: 5, user: undefined }) ?? [];
    assert.deepEqual(
      pieces.map(({ buffer, byteOffset, byteLength }) => [buffer, byteOffset, byteLength]),
      [[json.buffer, json.byteOffset, json.byteLength]],
    );
  });

  it("does not tell apart what it cannot: names twice or with escapes, too deep, too many", () => {
    const deep = `{"a":${"[".repeat(1_000)}${"]".repeat(1_000)}}`;
    const many = JSON.stringify(Object.fromEntries(Array.from({ length: 1_001 }, (_, i) => [`f${i}`, i])));
    for (const json of ['{"model":1,"model":2}', '{"a":1,"b":2,"a":3}', '{"mod\\u0065l":1}', deep, many]) {
      JSON.parse(json);
      assert.equal(rewriteJson(Buffer.from(json), { model: "m" }), undefined, json.slice(0, 40));
    }
    assert.ok(
      rewriteJson(Buffer.from('{"a":{"model":1,"model":2}}'), { model: "m" }),
      "deeper ones are not ours",
    );
  });

  it("takes no time over whatever stands in 16 MB", () => {
    for (const inside of ['\\"', "\\\\", "[],", '"",', "   "]) {
      const isString = inside.startsWith("\\");
      const filling = inside.repeat(16_000_000 / inside.length);
      const json = Buffer.from(isString ? `{"a":"${filling}"}` : `{"a":[${filling}0]}`);
      const before = process.cpuUsage();
      assert.equal(rewriteJson(json, { model: "m" })?.length, 3);
      const { user, system } = process.cpuUsage(before);
      assert.ok(user + system < 5_000_000, `${inside}: ${user + system} µs`);
    }
  });
});

/** Cuts each string to at most so many UTF-16 units. */
function shortened(any: unknown, units: number): unknown {
  return JSON.parse(JSON.stringify(any), (_, each) =>
    typeof each === "string" ? each.slice(0, units) : each,
  );
}

describe("common: outlineJson", () => {
  it("is JSON.parse where no string is long", () => {
    fc.assert(
      fc.property(value, indent, (any, space) => {
        const text = JSON.stringify(any, null, space);
        assert.deepEqual(outlineJson(Buffer.from(text)), JSON.parse(text));
      }),
    );
  });

  it("has each long string's beginning, and all else", () => {
    const texts = fc.array(fc.string({ unit, minLength: 20, maxLength: 60 }), { maxLength: 5 });
    fc.assert(
      fc.property(texts, (list) => {
        const json = Buffer.from(JSON.stringify({ list, n: 1 }));
        const outline = outlineJson(json, 16) as { list: string[]; n: number };
        assert.equal(outline.n, 1);
        // At least what 16 bytes hold of the longest escapes.
        assert.deepEqual(shortened(outline.list, 1), shortened(list, 1));
        for (const [at, text] of outline.list.entries()) assert.ok(list[at]?.startsWith(text));
      }),
    );
  });

  it("refuses what JSON.parse refuses, wherever it stands", () => {
    const broken = fc.constantFrom('"', "\\", "\\x", "\\u12", "\u0001", "\n", ",", "{", "]", ":", "tru", "");
    fc.assert(
      fc.property(value, broken, fc.nat(), fc.nat(3), (any, wrong, where, gone) => {
        const text = JSON.stringify(any);
        const at = where % (text.length + 1);
        // Cut inside a surrogate pair it would not be the same text as UTF-8.
        const json = Buffer.from(text.slice(0, at) + wrong + text.slice(at + gone));
        assert.equal(
          isAccepted(() => outlineJson(json, 8)),
          isAccepted(() => JSON.parse(json.toString())),
        );
      }),
      { numRuns: 2_000 },
    );
  });

  it("checks a long string to its end, across its steps", () => {
    for (const letter of ["a", "é", "😀", "\\n", "\\u00e9", "\\\\"]) {
      for (let before = 0; before < 7; before++) {
        const long = "x".repeat(before) + letter.repeat(40_000);
        const json = Buffer.from(`{"a":"${long}"}`);
        assert.ok(JSON.parse(`"${long}"`).startsWith((outlineJson(json) as { a: string }).a));
        assert.throws(() => outlineJson(Buffer.from(`{"a":"${long}\u0001${long}"}`)), SyntaxError);
        assert.throws(() => outlineJson(Buffer.from(`{"a":"${long}\\x${long}"}`)), SyntaxError);
        assert.throws(() => outlineJson(Buffer.from(`{"a":"${long}`)), SyntaxError);
      }
    }
  });

  it("judges each byte of a long string as JSON.parse does, wherever it lies in memory", () => {
    const long = "x".repeat(30);
    for (let shift = 0; shift < 4; shift++) {
      const memory = Buffer.alloc(200);
      for (let code = 0; code < 0x80; code++) {
        for (const text of [
          String.fromCharCode(code),
          `\\${String.fromCharCode(code)}`,
          `\\u00e${String.fromCharCode(code)}`,
        ]) {
          for (let before = 0; before < 4; before++) {
            const string = `"${long}${"y".repeat(before)}${text}${long}"`;
            const json = memory.subarray(shift, shift + memory.write(string, shift, "latin1"));
            assert.equal(
              isAccepted(() => outlineJson(json, 8)),
              isAccepted(() => JSON.parse(string)),
              `${JSON.stringify(string)} at ${shift}`,
            );
          }
        }
      }
    }
  });

  it("holds little of a long prompt, and refuses too many values", () => {
    const outline = outlineJson(Buffer.from(JSON.stringify({ prompt: "x".repeat(2_000_000), n: 1 })));
    assert.ok(JSON.stringify(outline).length < 10_000);
    assert.throws(() => outlineJson(Buffer.from(`[${"{},".repeat(2_000_000)}{}]`)), /too many values/);
  });
});

function isAccepted(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}
