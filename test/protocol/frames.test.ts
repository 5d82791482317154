import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_FRAME_BYTES } from "../../src/protocol/constants";
import { decodeFrame, encodeFrame, splitIntoFrames, textInFrames } from "../../src/protocol/frames";

const number = fc.integer({ min: 0, max: 0xffff_ffff });

describe("protocol: frames", () => {
  it("T4: what is encoded comes back, number and bytes", () => {
    fc.assert(
      fc.property(number, fc.uint8Array({ maxLength: 2_000 }), (n, bytes) => {
        const frame = encodeFrame(n, bytes);
        assert.equal(frame.byteLength, bytes.byteLength + 4);
        // As it arrives: a view into a larger buffer.
        const received = Buffer.concat([Buffer.from([9]), frame]).subarray(1);
        const decoded = decodeFrame(received);
        assert.equal(decoded?.n, n);
        assert.deepEqual(Uint8Array.from(decoded?.bytes ?? []), bytes);
      }),
    );
  });

  it("T4: a body of any length is split into frames within the limit, in order", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 3 * MAX_FRAME_BYTES }), (length) => {
        const body = Buffer.alloc(length, length % 251);
        const frames = [...splitIntoFrames(7, body)];
        assert.ok(frames.every(({ byteLength }) => byteLength > 4 && byteLength <= MAX_FRAME_BYTES));
        const pieces = frames.map((frame) => decodeFrame(frame)?.bytes ?? new Uint8Array());
        assert.ok(Buffer.concat(pieces).equals(body));
      }),
      { numRuns: 20 },
    );
  });

  it("T4: a text's frames hold its UTF-8, characters of any length whole, in one buffer", () => {
    fc.assert(
      fc.property(fc.constantFrom("a", "é", "漢", "😀"), fc.nat(3), (letter, before) => {
        const text = "x".repeat(before) + letter.repeat(MAX_FRAME_BYTES);
        const buffers = new Set<ArrayBufferLike>();
        const pieces: Buffer[] = [];
        for (const frame of textInFrames(7, text)) {
          assert.ok(frame.byteLength > 4 && frame.byteLength <= MAX_FRAME_BYTES);
          assert.equal(decodeFrame(frame)?.n, 7);
          buffers.add(frame.buffer);
          pieces.push(Buffer.from(frame.slice(4)));
        }
        assert.equal(buffers.size, 1);
        assert.ok(Buffer.concat(pieces).equals(Buffer.from(text)));
      }),
      { numRuns: 12 },
    );
    assert.deepEqual([...textInFrames(7, "")], []);
  });

  it("T6: what is too short is no frame, what is too long cannot be made", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 }), (bytes) => assert.equal(decodeFrame(bytes), undefined)),
    );
    assert.throws(() => encodeFrame(1, new Uint8Array(MAX_FRAME_BYTES - 3)), RangeError);
    assert.equal(decodeFrame(Uint8Array.of(0, 0, 0, 5))?.bytes.byteLength, 0);
  });
});
