import assert from "node:assert/strict";
import fc from "fast-check";
import { parseParticipantMessage } from "../../src/hub/parseParticipantMessage";

const type = "tunnel.response.chunk";

/** The same message, written as nobody would: it is read as JSON. */
function readAsJson(message: object) {
  return parseParticipantMessage(` ${JSON.stringify(message)}`);
}

describe("hub: what a participant says", () => {
  it("T3: a piece of an answer is read as its JSON would be, whatever is in it", () => {
    const requestId = fc.oneof(fc.uuid(), fc.string({ maxLength: 250 }), fc.constant(""));
    const chunk = fc.oneof(fc.base64String(), fc.string({ unit: "binary" }));
    fc.assert(
      fc.property(requestId, chunk, fc.boolean(), (id, text, hasMore) => {
        const message = { type, requestId: id, chunk: text, ...(hasMore && { more: text }) };
        assert.deepEqual(parseParticipantMessage(JSON.stringify(message)), readAsJson(message));
      }),
    );
  });

  it("T6: half a piece, or more than one, is no message", () => {
    const whole = JSON.stringify({ type, requestId: "r1", chunk: "AAAA" });
    const head = whole.slice(0, whole.indexOf("AAAA"));
    for (const text of [
      whole.slice(0, -1),
      whole.slice(0, -2),
      `${head}A"`,
      `${whole}${whole}`,
      `${whole}}`,
      head,
      `${head}}`,
    ]) {
      const parsed = parseParticipantMessage(text);
      assert.deepEqual(parsed, { valid: false, reason: "not JSON" }, text);
    }
  });

  it("T3: fields that name another request or piece are read as JSON reads them", () => {
    const text = `{"type":"${type}","requestId":"r1","chunk":"AAAA","requestId":"r2"}`;
    const message = { type, requestId: "r2", chunk: "AAAA" };
    assert.deepEqual(parseParticipantMessage(text), { valid: true, message });
  });
});
