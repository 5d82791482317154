import assert from "node:assert/strict";
import { ResponseIdReader } from "../../src/participant/responseIdReader";

const created = 'data: {"response":{"id":"resp_1"}}\n\n';

/** Of a stream that comes in two pieces. */
function idIn(text: string): string | undefined {
  const found: string[] = [];
  const reader = new ResponseIdReader((id) => found.push(id));
  for (const piece of [text.slice(0, 20), text.slice(20)]) reader.look(Buffer.from(piece));
  assert.ok(found.length <= 1, found.join());
  return found[0];
}

describe("participant: finding a response's id", () => {
  it("P10: it is found in a stream's first events, whatever is between them", () => {
    assert.equal(idIn(created), "resp_1");
    assert.equal(idIn(`: waiting\n\ndata: no JSON\n\nevent: a\n${created}${created}`), "resp_1");
    assert.equal(idIn(created.trimEnd()), undefined);
  });

  it("P10: behind many events nobody looks for it: each would have to be parsed", () => {
    assert.equal(idIn(`${"data: {\n\n".repeat(100)}${created}`), undefined);
  });
});
