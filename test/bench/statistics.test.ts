import assert from "node:assert/strict";
import { bodyFor, DelayReader, planIn, stampedEvent } from "./plan";
import { median, percentile, rounded } from "./statistics";

describe("the bench's statistics", () => {
  it("percentiles interpolate between the two nearest values", () => {
    assert.equal(percentile([4, 1, 3, 2], 0.5), 2.5);
    assert.equal(percentile([1, 2, 3, 4, 5], 0.95), 4.8);
    assert.equal(percentile([7], 0.99), 7);
  });

  it("percentiles keep to the ends, and of nothing there are none", () => {
    assert.equal(percentile([3, 9], -1), 3);
    assert.equal(percentile([3, 9], 2), 9);
    assert.ok(Number.isNaN(median([])));
  });

  it("sorting for a percentile leaves the values alone", () => {
    const values = [3, 1, 2];
    median(values);
    assert.deepEqual(values, [3, 1, 2]);
  });

  it("numbers have three digits, and a zero has no sign", () => {
    assert.deepEqual([1234.5, 12.345, 1.2345, 0.12345, -0.0001].map(rounded), [
      "1235",
      "12.3",
      "1.23",
      "0.123",
      "0.000",
    ]);
    assert.equal(rounded(Number.NaN), "?");
  });

  it("stamps are read from pieces cut anywhere", () => {
    const bytes = Buffer.from(stampedEvent() + stampedEvent() + stampedEvent());
    for (let cut = 0; cut < bytes.byteLength; cut++) {
      const reader = new DelayReader();
      reader.push(bytes.subarray(0, cut));
      reader.push(bytes.subarray(cut));
      assert.equal(reader.delays.length, 3, `cut at ${cut}`);
      assert.ok(reader.delays.every((delay) => delay >= 0 && delay < 60_000));
    }
  });

  it("a plan is found in the beginning of a long body", () => {
    const plan = { id: "a", tokens: 3, everyMs: 20, bytes: 6 };
    assert.deepEqual(planIn(bodyFor("m", plan, "x".repeat(10_000)).slice(0, 500)), plan);
    assert.equal(planIn("{}"), undefined);
  });
});
