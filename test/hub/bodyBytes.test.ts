import assert from "node:assert/strict";
import fc from "fast-check";
import { BodyBytes } from "../../src/hub/bodyBytes";

describe("hub: BodyBytes", () => {
  it("gives back what came, however it was split, and whatever was expected", () => {
    const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(100_000)), { maxLength: 10 });
    fc.assert(
      fc.property(sizes, fc.nat(500_000), (lengths, expected) => {
        const pieces = lengths.map((length, at) => Buffer.alloc(length, at + 1));
        const body = new BodyBytes(expected);
        for (const piece of pieces) body.push(piece);
        const whole = Buffer.concat(pieces);
        assert.equal(body.size, whole.byteLength);
        assert.ok(body.bytes().equals(whole));
      }),
    );
  });

  it("is one buffer as long as was announced in the end, and at most eight times what came before", () => {
    const announced = 32_000_000;
    const body = new BodyBytes(announced);
    const piece = Buffer.alloc(64_000, 1);
    const buffers = new Set<ArrayBufferLike>();
    while (body.size < announced) {
      body.push(piece);
      const { buffer } = body.bytes();
      buffers.add(buffer);
      assert.ok(buffer.byteLength <= Math.max(64 * 1024, 8 * body.size));
    }
    assert.equal(body.bytes().buffer.byteLength, announced);
    assert.ok(buffers.size <= 4);
  });
});
