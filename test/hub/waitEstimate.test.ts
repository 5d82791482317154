import assert from "node:assert/strict";
import fc from "fast-check";
import { positionsOf } from "../../src/hub/queuePositions";
import type { Target } from "../../src/hub/selector";
import { ServingPace } from "../../src/hub/servingPace";
import { estimateWaitMs, roundedSeconds, type Server } from "../../src/hub/waitEstimate";

const server = fc.record<Server>({
  capacity: fc.integer({ min: 1, max: 8 }),
  meanMs: fc.option(fc.integer({ min: 1, max: 100_000 }), { nil: undefined }),
  runningForMs: fc.array(fc.nat(200_000), { maxLength: 8 }),
});

describe("hub: estimated wait", () => {
  it("Q4: it is a positive time that grows with the position, or unknown where no answer has ended yet", () => {
    fc.assert(
      fc.property(
        fc.array(server, { maxLength: 5 }),
        fc.integer({ min: 1, max: 100 }),
        (servers, position) => {
          const here = estimateWaitMs(position, servers);
          const known = servers.some(({ meanMs }) => meanMs !== undefined);
          assert.equal(here !== undefined, known);
          if (here === undefined) return;
          assert.ok(Number.isFinite(here) && here > 0);
          assert.ok((estimateWaitMs(position + 1, servers) ?? 0) > here);
        },
      ),
    );
  });

  it("Q4: counts what is left of the running answers, then one usual answer for each in front", () => {
    const one: Server = { capacity: 1, meanMs: 30_000, runningForMs: [20_000] };
    assert.equal(estimateWaitMs(1, [one]), 10_000);
    assert.equal(estimateWaitMs(2, [one]), 40_000);
    assert.equal(estimateWaitMs(2, [{ ...one, capacity: 2 }]), 25_000);
    assert.equal(estimateWaitMs(1, [{ ...one, runningForMs: [90_000] }]), 7_500, "overdue");
    assert.equal(estimateWaitMs(1, [{ ...one, runningForMs: [] }]), 30_000, "busy with its owner's work");
    assert.equal(estimateWaitMs(1, [one, { capacity: 1, meanMs: undefined, runningForMs: [22_000] }]), 8_000);
  });

  it("Q4: is told in round numbers", () => {
    const told = [1, 400, 2_600, 9_400, 12_600, 37_000, 119_000, 140_000].map(roundedSeconds);
    assert.deepEqual(told, [1, 1, 3, 9, 15, 35, 120, 150]);
  });

  it("Q4: the position counts those in front that compete for the same participants", () => {
    const models = new Map([
      ["ada", "llama3"],
      ["bob", "qwen"],
    ]);
    const positions = (...names: string[]) => {
      const order = names.map<Target>((name) => {
        if (name === "any") return { kind: "any" };
        return models.has(name) ? { kind: "participant", id: name } : { kind: "model", model: name };
      });
      return positionsOf(order, (id) => models.get(id));
    };
    assert.deepEqual(positions("ada", "ada", "bob", "ada"), [1, 2, 1, 3]);
    assert.deepEqual(positions("ada", "any", "bob", "any"), [1, 2, 2, 4]);
    assert.deepEqual(positions("llama3", "ada", "llama3", "qwen", "bob"), [1, 2, 3, 1, 2]);
  });

  it("Q4: learns from recent answers, and forgets a pace that is long ago", () => {
    const pace = new ServingPace();
    const answer = { ttftMs: 1, durationMs: 10_000, outputTokens: 100, tokensPerSecond: 10 };
    assert.equal(pace.meanMs, undefined);
    pace.learn(answer, 1_000);
    assert.deepEqual([pace.meanMs, pace.tokensPerSecond], [10_000, 10]);
    for (let n = 0; n < 20; n++) pace.learn({ ...answer, durationMs: 2_000, tokensPerSecond: 50 }, 2_000);
    assert.ok(Math.abs((pace.meanMs ?? 0) - 2_000) < 50 && Math.abs((pace.tokensPerSecond ?? 0) - 50) < 1);
    pace.learn({ ...answer, outputTokens: 2, tokensPerSecond: 9_999 }, 3_000);
    assert.ok((pace.tokensPerSecond ?? 0) < 51, "two tokens tell nothing");
    pace.forgetOld(602_000);
    assert.equal(pace.tokensPerSecond, undefined);
    assert.ok(pace.meanMs);
  });

  it("Q4: knows how long each answer has been running", () => {
    const pace = new ServingPace();
    const first = pace.begin(1_000);
    pace.begin(3_000);
    assert.deepEqual(pace.runningForMs(4_000), [3_000, 1_000]);
    first.dispose();
    first.dispose();
    assert.deepEqual(pace.runningForMs(4_000), [1_000]);
  });
});
