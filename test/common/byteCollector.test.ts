import assert from "node:assert/strict";
import fc from "fast-check";
import { ByteCollector } from "../../src/common/byteCollector";

describe("common: ByteCollector", () => {
  it("gives back what came, however it was split", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5_000 }), { maxLength: 40 }), (pieces) => {
        const collected = new ByteCollector();
        for (const piece of pieces) collected.push(piece);
        const whole = Buffer.concat(pieces);
        assert.equal(collected.size, whole.byteLength);
        assert.deepEqual(Buffer.from(collected.bytes()), whole);
        assert.equal(collected.text(), whole.toString());
      }),
    );
  });

  it("costs no more than its bytes where they come one by one", () => {
    const collected = new ByteCollector();
    const before = process.memoryUsage();
    for (let i = 0; i < 2_000_000; i++) collected.push(Uint8Array.of(i));
    const after = process.memoryUsage();
    const grownMiB = (after.arrayBuffers - before.arrayBuffers) / 1024 / 1024;
    assert.equal(collected.size, 2_000_000);
    // What was pushed is garbage at once; kept as pieces it would be some 200 MiB.
    assert.ok(grownMiB < 50, `${grownMiB} MiB`);
    collected.clear();
    assert.equal(collected.size, 0);
    assert.equal(collected.bytes().byteLength, 0);
  });

  it("copies: a piece may be used again by whoever sent it", () => {
    const piece = Uint8Array.of(1, 2, 3);
    const collected = new ByteCollector();
    collected.push(piece);
    piece.fill(9);
    assert.deepEqual([...collected.bytes()], [1, 2, 3]);
  });
});
