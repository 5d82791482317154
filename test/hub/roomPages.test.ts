import assert from "node:assert/strict";
import fc from "fast-check";
import { RoomPages, SEPARATOR } from "../../src/hub/roomPages";

const linesIn = (pages: RoomPages) => {
  const text = pages
    .bytes()
    .map((page) => page.toString())
    .join(SEPARATOR);
  return text === "" ? [] : text.split(SEPARATOR).sort();
};

describe("the pages of a list of rooms", () => {
  it("R4: hold what a map holds, whatever comes and goes", () => {
    const change = fc.tuple(fc.nat(600), fc.option(fc.nat(9), { nil: undefined }));
    fc.assert(
      fc.property(fc.array(fc.array(change, { maxLength: 400 }), { maxLength: 5 }), (rounds) => {
        const pages = new RoomPages();
        const map = new Map<string, string>();
        for (const round of rounds) {
          for (const [code, value] of round) {
            const line = value === undefined ? undefined : `${code}: ${value}`;
            pages.set(`${code}`, line);
            if (line === undefined) map.delete(`${code}`);
            else map.set(`${code}`, line);
            assert.equal(pages.get(`${code}`), line);
          }
          assert.deepEqual(linesIn(pages), [...map.values()].sort());
        }
      }),
      { numRuns: 50 },
    );
  });

  it("R4: a page is short, unless it is one room's, and rooms that grow change places", () => {
    const size = fc.constantFrom(10, 1_000, 100_000, 300_000);
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20), size), { maxLength: 100 }), (changes) => {
        const pages = new RoomPages();
        const map = new Map<string, string>();
        for (const [code, length] of changes) {
          const line = `${code}: ${"é".repeat(length / 2)}`;
          pages.set(`${code}`, line);
          map.set(`${code}`, line);
        }
        assert.deepEqual(linesIn(pages), [...map.values()].sort());
        for (const page of pages.bytes()) {
          assert.ok(page.byteLength < 260 * 1024 || !page.includes(SEPARATOR), `${page.byteLength} bytes`);
        }
      }),
      { numRuns: 30 },
    );
  });

  it("R4: one change writes one page anew, not all", () => {
    const pages = new RoomPages();
    for (let n = 0; n < 10_000; n++) pages.set(`${n}`, `room ${n}`);
    const before = pages.bytes();
    pages.set("5000", "renamed");
    const after = pages.bytes();
    assert.equal(after.length, before.length);
    assert.equal(after.filter((page, at) => page !== before[at]).length, 1);
  });
});
