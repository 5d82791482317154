import assert from "node:assert/strict";
import { releaseBytes } from "../../src/common/releaseBytes";

describe("common: releaseBytes", () => {
  it("takes the memory of bytes that have a buffer for themselves", () => {
    const bytes = Buffer.alloc(100_000, 1);
    const view = bytes.subarray(10);
    releaseBytes(bytes);
    assert.deepEqual([bytes.byteLength, view.byteLength, bytes.buffer.byteLength], [0, 0, 0]);
  });

  it("leaves what others may have a part of, and what is shared between threads", () => {
    const whole = Buffer.alloc(100, 1);
    const shared = new Uint8Array(new SharedArrayBuffer(8));
    for (const bytes of [whole.subarray(1), whole.subarray(0, 99), Buffer.from("from the pool"), shared]) {
      const before = bytes.byteLength;
      releaseBytes(bytes);
      assert.equal(bytes.byteLength, before);
    }
    const empty = Buffer.alloc(0);
    for (let times = 0; times < 3; times++) releaseBytes(empty);
  });
});
