import assert from "node:assert/strict";
import fc from "fast-check";
import { Backoff } from "../../src/common/backoff";

describe("Backoff", () => {
  it("doubles from the first step to the longest, and starts over after a success", () => {
    const backoff = new Backoff({ minMs: 1_000, maxMs: 30_000, random: () => 1 });
    assert.deepEqual(
      Array.from({ length: 7 }, () => backoff.nextMs()),
      [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000],
    );
    backoff.reset();
    assert.equal(backoff.nextMs(), 1_000);
  });

  it("waits between half a step and the whole, whatever the jitter and however often", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(2_000), (jitter, attempts) => {
        const backoff = new Backoff({ minMs: 100, maxMs: 5_000, random: () => jitter });
        let waitMs = 0;
        for (let i = 0; i <= attempts; i++) waitMs = backoff.nextMs();
        const step = Math.min(5_000, 100 * 2 ** attempts);
        assert.ok(waitMs >= step / 2 && waitMs <= step);
      }),
    );
  });
});
