import assert from "node:assert/strict";
import fc from "fast-check";
import { readWaitingComment } from "../../src/client/waitingComment";

describe("readWaitingComment", () => {
  it("C8: reads a place, its estimate, and who serves in the end", () => {
    assert.deepEqual(readWaitingComment("queued 2"), { type: "queued", position: 2 });
    const estimated = { type: "queued", position: 12, estimatedWaitMs: 35_000 };
    assert.deepEqual(readWaitingComment(" queued 12, about 35 s "), estimated);
    const servedBy = { type: "servedBy", participantId: "a%2Fb" };
    assert.deepEqual(readWaitingComment("participant a%2Fb"), servedBy);
  });

  it("C8: takes no number that no queue has, and nothing that only resembles it", () => {
    const strange = [
      "queued",
      "queued 0",
      "queued -1",
      "queued 1.5",
      "queued 02",
      "queued 1e9",
      "queued 99999999",
      "queued 2, about -5 s",
      "queued 2, about 99999999 s",
      "queued 2, about 5 s <b>",
      "queued 2\nparticipant x",
      "participant ",
      "participant a b",
      `participant ${"x".repeat(1_001)}`,
      "waiting",
    ];
    for (const text of strange) assert.equal(readWaitingComment(text), undefined, text);
  });

  it("C8: gives whole positive numbers or nothing, whatever a hub sends", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `queued ${text}`),
        ),
        (text) => {
          const word = readWaitingComment(text);
          if (word?.type !== "queued") return;
          assert.ok(Number.isSafeInteger(word.position) && word.position > 0);
        },
      ),
    );
  });
});
