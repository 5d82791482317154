import assert from "node:assert/strict";
import fc from "fast-check";
import { SseReader, SseTooLongError } from "../../src/client/sseReader";
import { writeSse, writeSseComment } from "../../src/protocol/sse";

const bytes = (text: string) => new TextEncoder().encode(text);

describe("SseReader", () => {
  it("reads the same events however the bytes are split", () => {
    const events = fc.array(fc.string({ unit: "grapheme", minLength: 1 }), { maxLength: 6 });
    fc.assert(
      fc.property(events, fc.array(fc.nat(200), { maxLength: 12 }), (texts, cuts) => {
        const all = bytes(texts.map((data) => writeSse({ data }) + writeSseComment("alive")).join(""));
        const reader = new SseReader();
        const edges = [0, ...cuts.map((cut) => cut % (all.length + 1)).sort((a, b) => a - b), all.length];
        const read = edges.slice(1).flatMap((end, at) => reader.push(all.subarray(edges[at], end)));
        const expected = texts.map((text) => text.split(/\r\n|\r|\n/).join("\n"));
        assert.deepEqual(
          read.map(({ data }) => data),
          expected,
        );
      }),
    );
  });

  it("reads CRLF, event names and ids, and leaves out comments", () => {
    const reader = new SseReader();
    const read = reader.push(bytes(": hi\r\nevent: joined\r\nid: 7\r\ndata: {}\r\n\r\n"));
    assert.deepEqual(read, [{ event: "joined", id: "7", data: "{}" }]);
  });

  it("gives out an event that the stream's end completes, and none twice", () => {
    const reader = new SseReader();
    assert.deepEqual(reader.push(bytes("data: one\n\ndata: [DONE]")), [
      { data: "one", id: undefined, event: undefined },
    ]);
    assert.deepEqual(
      reader.end().map(({ data }) => data),
      ["[DONE]"],
    );
    assert.deepEqual(reader.end(), []);
  });

  for (const [name, text] of [
    ["one endless line", `data: ${"x".repeat(2_000)}`],
    ["endless lines of one event", "data: xxxxxxxx\n".repeat(200)],
  ] as const) {
    it(`C7: refuses ${name}`, () => {
      const reader = new SseReader(1_000);
      const feed = () => {
        for (let at = 0; at < text.length; at += 64) reader.push(bytes(text.slice(at, at + 64)));
        reader.end();
      };
      assert.throws(feed, SseTooLongError);
      assert.throws(() => reader.push(bytes("data: more\n\n")), SseTooLongError);
    });
  }
});
