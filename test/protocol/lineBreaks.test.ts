import assert from "node:assert/strict";
import fc from "fast-check";
import { SseReader } from "../../src/client/sseReader";
import { ResponseIdReader } from "../../src/participant/responseIdReader";
import { ChatToResponsesStream } from "../../src/protocol/chatToResponsesStream";
import { LineBreaks } from "../../src/protocol/lineBreaks";

const MB = 1024 * 1024;

describe("line breaks of an event stream", () => {
  it("P10: each of the three becomes one, however the text is split", () => {
    const pieces = fc.array(fc.string({ unit: fc.constantFrom("\r", "\n", "a") }));
    fc.assert(
      fc.property(pieces, (texts) => {
        const breaks = new LineBreaks();
        const unified = texts.map((text) => breaks.unify(text)).join("");
        assert.equal(unified, texts.join("").replace(/\r\n|\r/g, "\n"));
      }),
    );
  });

  const request = { model: "m", input: "x", stream: true };
  const readers = {
    "a translation": () => new ChatToResponsesStream({ request, responseId: "resp_1", createdAt: 0 }),
    "a client": () => new SseReader(),
    "whoever looks for an id": () => {
      const reader = new ResponseIdReader(() => {});
      return { push: (bytes: Uint8Array) => reader.look(bytes) };
    },
  };
  for (const [name, make] of Object.entries(readers)) {
    it(`P10: a megabyte of short lines with a CR among them holds up nobody: ${name}`, () => {
      for (const text of [`${"\n".repeat(MB - 1)}\r`, `${"\r".repeat(MB - 1)}\n`]) {
        const reader = make();
        const startedAt = performance.now();
        reader.push(Buffer.from(text));
        const ms = performance.now() - startedAt;
        assert.ok(ms < 2_000, `${Math.round(ms)} ms`);
      }
    });
  }
});
