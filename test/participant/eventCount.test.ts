import assert from "node:assert/strict";
import { EventCount } from "../../src/participant/eventCount";

const count = (...pieces: string[]) => {
  const events = new EventCount();
  for (const piece of pieces) events.look(Buffer.from(piece));
  return events.total;
};

describe("EventCount", () => {
  const stream = ': hello\n\nevent: x\ndata: {"a":"data: \\ndata:"}\n\ndata: {}\n\nid: 1\ndata: [DONE]\n\n';

  it("counts events, and neither comments nor what their texts hold", () => {
    assert.equal(count(stream), 3);
    assert.equal(count(stream.replaceAll("\n", "\r\n")), 3);
    assert.equal(count(), 0);
    assert.equal(count("", '{"choices":[]}'), 0);
  });

  it("counts the same wherever the stream is cut", () => {
    for (let at = 0; at <= stream.length; at++) assert.equal(count(stream.slice(0, at), stream.slice(at)), 3);
    assert.equal(count(...stream), 3);
  });
});
