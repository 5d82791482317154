import assert from "node:assert/strict";
import fc from "fast-check";
import { type Candidate, chooseParticipant, targetOf } from "../../src/hub/selector";
import { parseSelector } from "../../src/protocol/inference";

const candidate = fc.record<Candidate>({
  id: fc.constantFrom("a", "b", "c", "m1", "m2"),
  model: fc.constantFrom("m1", "m2", "a"),
  status: fc.constantFrom("online", "busy", "offline"),
  active: fc.nat(3),
  lastUsed: fc.nat(100),
  tokensPerSecond: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
});
const room = fc.uniqueArray(candidate, { selector: ({ id }) => id, maxLength: 5 });
const model = fc.constantFrom("*", "any", "a", "b", "m1", "model:m1", "model:a", "model:", "nobody");

const choose = (text: string, all: readonly Candidate[], suits?: (each: Candidate) => boolean) =>
  chooseParticipant(
    targetOf(parseSelector(text), (id) => all.some((each) => each.id === id)),
    all,
    suits,
  );
const idle = (id: string, more: Partial<Candidate> = {}): Candidate => ({
  id,
  model: "m",
  status: "online",
  active: 0,
  lastUsed: 1,
  ...more,
});
const chosenOf = (all: readonly Candidate[]) => {
  const choice = choose("any", all);
  return choice.kind === "chosen" ? choice.participant.id : choice.kind;
};

describe("hub: selector", () => {
  it("I2: whoever is chosen is meant and free, fast, least loaded, and the longest unused", () => {
    fc.assert(
      fc.property(model, room, (text, all) => {
        const selector = parseSelector(text);
        const choice = choose(text, all);
        const named = all.filter(({ id }) => id === text);
        const meant = all.filter((each) => {
          if (selector.kind === "any") return true;
          if (selector.kind === "model") return each.model === selector.model;
          return named.length > 0 ? each.id === text : each.model === text;
        });
        const free = meant.filter(({ status }) => status === "online");
        if (choice.kind === "chosen") {
          const { participant } = choice;
          assert.ok(free.includes(participant));
          const best = Math.max(0, ...free.map(({ tokensPerSecond = 0 }) => tokensPerSecond));
          const fast = free.filter(({ tokensPerSecond = best }) => tokensPerSecond >= best * 0.75);
          assert.ok(fast.includes(participant));
          assert.ok(fast.every(({ active }) => active >= participant.active));
          const rivals = fast.filter(({ active }) => active === participant.active);
          assert.ok(rivals.every(({ lastUsed }) => lastUsed >= participant.lastUsed));
          return;
        }
        assert.equal(free.length, 0);
        const busy = meant.some(({ status }) => status === "busy");
        assert.equal(choice.kind, busy ? "busy" : meant.length > 0 ? "offline" : "unknown");
      }),
      { numRuns: 1_000 },
    );
  });

  it("I2: an id wins over a model of the same name, even where it is busy", () => {
    const all = [idle("x", { status: "busy", active: 1 }), idle("y", { model: "x" })];
    assert.equal(choose("x", all).kind, "busy");
    assert.equal(choose("model:x", all).kind, "chosen");
  });

  it("I2: prefers the fastest, takes nearly as fast ones in turn, and tries who was never measured", () => {
    const fast = idle("fast", { tokensPerSecond: 100, lastUsed: 9 });
    const slow = idle("slow", { tokensPerSecond: 70, lastUsed: 2 });
    assert.equal(chosenOf([slow, fast]), "fast");
    assert.equal(chosenOf([slow, fast, idle("near", { tokensPerSecond: 76, lastUsed: 3 })]), "near");
    assert.equal(chosenOf([slow, fast, idle("new", { lastUsed: 0 })]), "new");
    assert.equal(chosenOf([slow, { ...fast, status: "busy" }]), "slow", "free first, then fast");
  });

  it("I2: who does not suit counts as not there", () => {
    const all = [idle("a"), idle("b", { status: "busy" })];
    assert.equal(choose("any", all, ({ id }) => id !== "a").kind, "busy");
    assert.equal(choose("a", all, () => false).kind, "unknown");
  });
});
