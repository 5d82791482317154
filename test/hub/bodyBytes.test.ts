import assert from "node:assert/strict";
import fc from "fast-check";
import { BodyBytes } from "../../src/hub/bodyBytes";
import { LONG_BYTES, LongBuffers } from "../../src/hub/longBuffers";
import { FakeClock } from "../support/fakeClock";

describe("hub: BodyBytes", () => {
  it("gives back what came, however it was split, and whatever was expected", () => {
    const sizes = fc.array(fc.oneof(fc.nat(100), fc.nat(100_000)), { maxLength: 10 });
    fc.assert(
      fc.property(sizes, fc.nat(500_000), (lengths, expected) => {
        const pieces = lengths.map((length, at) => Buffer.alloc(length, at + 1));
        const body = new BodyBytes(expected, new LongBuffers(new FakeClock()));
        for (const piece of pieces) body.push(piece);
        const whole = Buffer.concat(pieces);
        assert.equal(body.size, whole.byteLength);
        assert.ok(body.bytes().equals(whole));
      }),
    );
  });

  it("is one buffer as long as was announced in the end, and at most eight times what came before", () => {
    const announced = 32_000_000;
    const body = new BodyBytes(announced, new LongBuffers(new FakeClock()));
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

  it("takes a long body's memory for the next one, of which nobody sees what was in it", () => {
    const memory = new LongBuffers(new FakeClock());
    const read = (letter: string, bytes: number) => {
      const body = new BodyBytes(bytes, memory);
      for (let rest = bytes; rest > 0; rest -= 500_000)
        body.push(Buffer.alloc(Math.min(rest, 500_000), letter));
      return body.bytes();
    };
    const first = read("a", 8_000_000);
    const view = first.subarray(0, 10);
    memory.giveBack(first);
    assert.deepEqual([first.byteLength, view.byteLength, view[0]], [0, 0, undefined]);
    const second = read("b", 6_000_000);
    assert.equal(second.buffer.byteLength, 8_000_000);
    assert.ok(second.equals(Buffer.alloc(6_000_000, "b")));
  });

  it("keeps one long body's memory, and only for a while", () => {
    const clock = new FakeClock();
    const memory = new LongBuffers(clock);
    const lent = [2, 4, 3].map((mb) => memory.take(mb * LONG_BYTES, mb * LONG_BYTES));
    for (const each of lent) memory.giveBack(each);
    assert.equal(memory.take(LONG_BYTES, 3 * LONG_BYTES).buffer.byteLength, 4 * LONG_BYTES);
    assert.equal(memory.take(LONG_BYTES, 3 * LONG_BYTES).buffer.byteLength, LONG_BYTES);
    memory.giveBack(memory.take(5 * LONG_BYTES, 5 * LONG_BYTES));
    clock.advance(10_000);
    assert.equal(memory.take(LONG_BYTES, LONG_BYTES).buffer.byteLength, LONG_BYTES);
    assert.equal(clock.pendingTimers, 0);
  });
});
