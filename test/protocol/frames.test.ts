import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_FRAME_BYTES } from "../../src/protocol/constants";
import { decodeFrame, encodeFrame, piecesInFrames, splitIntoFrames } from "../../src/protocol/frames";

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

  it("T4: the frames of a body in pieces hold all of it, in one buffer", () => {
    const sizes = fc.array(fc.oneof(fc.nat(20), fc.nat(2 * MAX_FRAME_BYTES)), { maxLength: 5 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const pieces = lengths.map((length, at) => Buffer.alloc(length, at + 1));
        const buffers = new Set<ArrayBufferLike>();
        const sent: Buffer[] = [];
        for (const frame of piecesInFrames(7, pieces)) {
          assert.ok(frame.byteLength > 4 && frame.byteLength <= MAX_FRAME_BYTES);
          assert.equal(decodeFrame(frame)?.n, 7);
          buffers.add(frame.buffer);
          sent.push(Buffer.from(frame.slice(4)));
        }
        assert.ok(buffers.size <= 1);
        assert.ok(Buffer.concat(sent).equals(Buffer.concat(pieces)));
      }),
      { numRuns: 30 },
    );
    assert.deepEqual([...piecesInFrames(7, [])], []);
  });

  it("T6: what is too short is no frame, what is too long cannot be made", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 3 }), (bytes) => assert.equal(decodeFrame(bytes), undefined)),
    );
    assert.throws(() => encodeFrame(1, new Uint8Array(MAX_FRAME_BYTES - 3)), RangeError);
    assert.equal(decodeFrame(Uint8Array.of(0, 0, 0, 5))?.bytes.byteLength, 0);
  });
});
