import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { joinRaw } from "../support/rawParticipant";
import { Requester } from "../support/requester";
import { startHub, type TestHub } from "../support/startHub";

const chatOnly = { capabilities: { openResponses: "unsupported", chatCompletions: "supported" } };

describe("hub: a translated stream", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub();
  });
  afterEach(() => t.hub.close());

  it("I12: one that is too long ends with an error, and holds up nobody", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    const path = paths.responses(code);
    const asked = new Requester(t.url, { model: "*", input: "x", stream: true }, { path });
    const request = await p.nextRequest();
    const content = "\u0001".repeat(80_000);
    const piece = `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
    const startedAt = performance.now();
    p.start(request, 200, { "content-type": "text/event-stream" });
    for (let each = 0; each < 100; each++) p.chunk(request, piece);
    p.chunk(request, "data: [DONE]\n\n");
    p.end(request);
    await asked.whole();
    const ms = performance.now() - startedAt;
    assert.ok(ms < 5_000, `${Math.round(ms)} ms`);
    assert.match(asked.data.at(-2) ?? "", /"type":"response\.failed".*too long/);
    assert.equal(asked.data.at(-1), "[DONE]");
  });
});
