import assert from "node:assert/strict";
import fc from "fast-check";
import { safeSentence, safeText } from "../../src/client/safeText";

describe("safeText", () => {
  it("C1: is one bounded line without anything invisible, whatever came", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 3_000 }),
        fc.integer({ min: 1, max: 400 }),
        (text, max) => {
          const safe = safeText(text, max);
          assert.ok(safe.length <= max);
          assert.doesNotMatch(safe, /[\p{Cc}\u200b-\u200f\u2028-\u202e\u2060-\u2069]/u);
        },
      ),
    );
  });

  it("leaves ordinary words of any language alone", () => {
    for (const text of ["Room not found.", "部屋が見つかりません", "café ☕"])
      assert.equal(safeText(text), text);
  });

  it("ends a sentence once", () => {
    assert.equal(safeSentence("no"), "no.");
    assert.equal(safeSentence("no."), "no.");
    assert.equal(safeSentence("why?"), "why?");
    assert.equal(safeSentence(" \u0000 "), "");
  });
});
