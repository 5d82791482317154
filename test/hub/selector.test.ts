import assert from "node:assert/strict";
import fc from "fast-check";
import { type Candidate, chooseParticipant } from "../../src/hub/selector";
import { parseSelector } from "../../src/protocol/inference";

const candidate = fc.record<Candidate>({
  id: fc.constantFrom("a", "b", "c", "m1", "m2"),
  model: fc.constantFrom("m1", "m2", "a"),
  status: fc.constantFrom("online", "busy", "offline"),
  active: fc.nat(3),
  lastUsed: fc.nat(100),
});
const room = fc.uniqueArray(candidate, { selector: ({ id }) => id, maxLength: 5 });
const model = fc.constantFrom("*", "any", "a", "b", "m1", "model:m1", "model:a", "model:", "nobody");

describe("hub: selector", () => {
  it("I2: whoever is chosen is meant, free, and the longest unused among the least loaded", () => {
    fc.assert(
      fc.property(model, room, (text, all) => {
        const selector = parseSelector(text);
        const choice = chooseParticipant(selector, all);
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
          assert.ok(free.every(({ active }) => active >= participant.active));
          const rivals = free.filter(({ active }) => active === participant.active);
          assert.ok(rivals.every(({ lastUsed }) => lastUsed >= participant.lastUsed));
          return;
        }
        assert.equal(free.length, 0);
        const busy = meant.some(({ status }) => status === "busy");
        assert.equal(choice.kind, busy ? "busy" : meant.length > 0 ? "offline" : "unknown");
      }),
    );
  });

  it("I2: an id wins over a model of the same name, even where it is busy", () => {
    const all: Candidate[] = [
      { id: "x", model: "m", status: "busy", active: 1, lastUsed: 0 },
      { id: "y", model: "x", status: "online", active: 0, lastUsed: 0 },
    ];
    assert.equal(chooseParticipant(parseSelector("x"), all).kind, "busy");
    assert.equal(chooseParticipant(parseSelector("model:x"), all).kind, "chosen");
  });
});
