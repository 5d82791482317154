import assert from "node:assert/strict";
import { z } from "zod";
import { boundedArray, boundedRecord } from "../../src/protocol/bounded";
import { chatRequestSchema } from "../../src/protocol/inference";
import { participantMessageSchema } from "../../src/protocol/tunnel";

describe("protocol: bounded lists", () => {
  it("M12: a list that is too long is one fault, not one for each of its elements", () => {
    const messages = Array.from({ length: 100_000 }, () => ({}));
    const parsed = chatRequestSchema.safeParse({ model: "m", messages });
    assert.deepEqual(
      parsed.error?.issues.map(({ path, message }) => ({ path, message })),
      [{ path: ["messages"], message: "Too big: expected at most 10000 elements" }],
    );
  });

  it("M12: names the element that is wrong in a list that is not", () => {
    const parsed = chatRequestSchema.safeParse({ model: "m", messages: [{ role: "user" }, {}] });
    assert.deepEqual(parsed.error?.issues[0]?.path, ["messages", 1, "role"]);
    for (const messages of [undefined, null, {}, "x"]) {
      const [issue] = chatRequestSchema.safeParse({ model: "m", messages }).error?.issues ?? [];
      assert.equal(issue?.message, "Invalid input: expected array");
    }
    assert.equal(chatRequestSchema.safeParse({ model: "m", messages: [] }).success, false);
  });

  it("T6: so is an object with too many entries", () => {
    const headers = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`x-${at}`, at]));
    const start = { type: "tunnel.response.start", requestId: "r", status: 200, headers };
    assert.equal(participantMessageSchema.safeParse(start).error?.issues.length, 1);
    assert.equal(participantMessageSchema.safeParse({ ...start, headers: { a: "b" } }).success, true);
    assert.equal(participantMessageSchema.safeParse({ ...start, headers: undefined }).success, true);
    for (const wrong of [null, [], "x", { a: 1 }]) {
      assert.equal(participantMessageSchema.safeParse({ ...start, headers: wrong }).success, false);
    }
  });

  it("keeps what it lets through", () => {
    assert.deepEqual(boundedArray(z.number(), 2).parse([1, 2]), [1, 2]);
    assert.deepEqual(boundedRecord(z.number(), 2).parse({ a: 1 }), { a: 1 });
  });
});
