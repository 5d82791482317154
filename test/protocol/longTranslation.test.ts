import assert from "node:assert/strict";
import { ChatToResponsesStream } from "../../src/protocol/chatToResponsesStream";

const chunk = (delta: object) => Buffer.from(`data: ${JSON.stringify({ choices: [{ delta }] })}\n\n`);

function start(): ChatToResponsesStream {
  const request = { model: "m", input: "x", stream: true };
  const stream = new ChatToResponsesStream({ request, responseId: "resp_1", createdAt: 0 });
  stream.start();
  return stream;
}

describe("a long translated stream", () => {
  for (const [name, deltaAt] of [
    ["letters", () => ({ content: "a".repeat(100_000) })],
    ["characters that JSON escapes", () => ({ content: "\u0001".repeat(100_000) })],
    ["thoughts", () => ({ reasoning_content: "\n".repeat(100_000) })],
    ["arguments", () => ({ tool_calls: [{ index: 0, function: { arguments: '"'.repeat(100_000) } }] })],
    [
      "tools' names",
      (index: number) => ({ tool_calls: [{ index, function: { name: "a".repeat(100_000) } }] }),
    ],
  ] as const) {
    it(`P10: what its end says again of ${name} is some megabytes at most`, () => {
      const stream = start();
      let longest = 0;
      for (let at = 0; at < 125; at++)
        longest = Math.max(longest, stream.push(chunk(deltaAt(at))).byteLength);
      longest = Math.max(longest, stream.end().byteLength);
      assert.ok(longest < 10_000_000, String(longest));
    });
  }

  it("P10: thoughts and text in turns are as many as fit, and no more", () => {
    const stream = start();
    let written = "";
    for (let at = 0; at < 5_000; at++) {
      const bytes = stream.push(chunk(at % 2 ? { content: "a" } : { reasoning_content: "b" }));
      written = Buffer.from(bytes).toString() || written;
    }
    assert.match(written, /"response\.failed".*too long/);
    assert.ok(written.length < 10_000_000, String(written.length));
  });

  it("P10: what is no event stream fails, and is not parsed to its end", () => {
    const stream = start();
    const piece = Buffer.from("x\n".repeat(4 * 1024 * 1024));
    const startedAt = performance.now();
    const written = Buffer.from(stream.push(piece)).toString();
    const ms = performance.now() - startedAt;
    assert.match(written, /"response\.failed".*not an event stream/);
    assert.ok(ms < 3_000, `${Math.round(ms)} ms`);
  });

  it("P10: a million letters are no answer without end, and are repeated whole", () => {
    const stream = start();
    const letters = `${"ab".repeat(50_000)}\n"\\\u2028`;
    for (let at = 0; at < 10; at++) stream.push(chunk({ content: letters }));
    stream.push(Buffer.from("data: [DONE]\n\n"));
    const lines = Buffer.from(stream.end()).toString().split("\n");
    const events = lines.flatMap((line) =>
      line.startsWith("data: {") ? [JSON.parse(line.slice("data: ".length))] : [],
    );
    const text = letters.repeat(10);
    assert.deepEqual(
      events.map(({ type }) => type),
      [
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.completed",
      ],
    );
    assert.equal(events[0].text, text);
    assert.equal(events[1].part.text, text);
    assert.deepEqual(events[2].item.content, [{ type: "output_text", text, annotations: [], logprobs: [] }]);
    assert.deepEqual(events[3].response.output, [events[2].item]);
  });
});
