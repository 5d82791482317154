import * as assert from "node:assert/strict";
import fc from "fast-check";
import { ByteBudget } from "../../src/hub/byteBudget";
import { Refusal } from "../../src/hub/refusal";

describe("ByteBudget", () => {
  it("L1: an address gets its part, and all together what there is", () => {
    const budget = new ByteBudget({ together: 100, perAddress: 60 }, "long requests");
    const [first, second, other] = [budget.share("a"), budget.share("a"), budget.share("b")];
    assert.equal(first.resize(40), undefined);
    assert.match(second.resize(21)?.message ?? "", /this address has other long requests/i);
    assert.equal(second.resize(20), undefined);
    assert.match(other.resize(41)?.message ?? "", /the hub has other long requests/i);
    first.dispose();
    first.dispose();
    assert.equal(other.resize(60), undefined);
  });

  it("what is refused as a whole costs nothing", () => {
    const budget = new ByteBudget({ together: 100, perAddress: 60 }, "long answers");
    assert.throws(() => budget.hold("a", 61), Refusal);
    const held = budget.hold("a", 60);
    assert.throws(() => budget.hold("a", 1), Refusal);
    held.dispose();
    budget.hold("a", 60);
  });

  it("has all of it again when all have given theirs back, however they grew and shrank", () => {
    const sizes = fc.array(
      fc.record({ holder: fc.nat(4), network: fc.constantFrom("a", "b"), bytes: fc.nat(200) }),
    );
    fc.assert(
      fc.property(sizes, (changes) => {
        const budget = new ByteBudget({ together: 100, perAddress: 60 }, "long messages");
        const shares = new Map<string, ReturnType<ByteBudget["share"]>>();
        for (const { holder, network, bytes } of changes) {
          const key = `${network}${holder}`;
          const share = shares.get(key) ?? budget.share(network);
          shares.set(key, share);
          share.resize(bytes);
        }
        for (const share of shares.values()) share.dispose();
        assert.equal(budget.share("a").resize(60), undefined);
        assert.equal(budget.share("b").resize(40), undefined);
        assert.notEqual(budget.share("b").resize(1), undefined);
      }),
    );
  });
});
