import assert from "node:assert/strict";
import { inferenceErrorSchema } from "../../src/protocol/inference";
import { paths } from "../../src/protocol/paths";
import { FakeClock } from "../support/fakeClock";
import { joinRaw } from "../support/rawParticipant";
import { RecordedLog } from "../support/recordedLog";
import { startHub, type TestHub } from "../support/startHub";

const chatOnly = {
  config: { instructions: "Be brief." },
  capabilities: { openResponses: "unsupported", chatCompletions: "supported" },
};
const deep = `${"[".repeat(20_000)}${"]".repeat(20_000)}`;

/** Fails when it is told to, in the words of whoever asked. */
class BrokenClock extends FakeClock {
  isBroken = false;

  override now(): number {
    if (this.isBroken) throw new RangeError("my secret prompt\nand more of it");
    return super.now();
  }
}

describe("hub: responses that cannot be translated", () => {
  let t: TestHub;
  let code: string;
  const clock = new BrokenClock();
  const log = new RecordedLog();
  beforeEach(async () => {
    t = await startHub({ logger: log, clock });
    code = await t.makeRoom();
  });
  afterEach(async () => {
    clock.isBroken = false;
    await t.hub.close();
  });

  const create = (body: unknown) => t.ask("POST", paths.responses(code), body);

  for (const [name, body, words] of [
    [
      "10,000 items beside instructions",
      { model: "*", input: Array.from({ length: 10_000 }, () => ({ role: "user", content: "x" })) },
      /input/,
    ],
    ["a tool's type nested deeply", `{"model":"*","input":"x","tools":[{"type":${deep}}]}`, /tools/],
    ["an item's type nested deeply", `{"model":"*","input":[{"type":${deep}}]}`, /input/],
    ["a format's type nested deeply", `{"model":"*","input":"x","text":{"format":{"type":${deep}}}}`, /text/],
    ["metadata nested deeply", `{"model":"*","input":"x","metadata":{"a":${deep}}}`, /nested/],
    ["a tool's type without end", { model: "*", input: "x", tools: [{ type: "a".repeat(1e6) }] }, /tools/],
  ] as const) {
    it(`I12: ${name}: 400, shortly, whether it is known before or turns out`, async () => {
      const p = await joinRaw(t, code, "p1", { card: chatOnly });
      const { status, body: refused } = await create(body);
      assert.equal(status, 400);
      const { message, hint } = inferenceErrorSchema.parse(refused).error;
      assert.match(message, words);
      assert.ok(message.length < 500, String(message.length));
      assert.ok(hint);
      assert.deepEqual(p.requests, []);
      await t.ask("DELETE", paths.participant(code, "p1"));
      const unknowing = await joinRaw(t, code, "p2", { card: { config: chatOnly.config } });
      unknowing.serve((request) => unknowing.answer(request, {}, 404));
      assert.equal((await create(body)).status, 400);
    });
  }

  it("I12: 10,000 messages are translated", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    p.serve((request) => p.answer(request, { choices: [{ message: { content: "Hi" } }] }));
    const input = Array.from({ length: 9_999 }, () => ({ role: "user", content: "x" }));
    assert.equal((await create({ model: "*", input })).status, 200);
  });

  it("O1: a bug on the way is logged by where it happened, without a word of what was said", async () => {
    const p = await joinRaw(t, code, "p1", { card: chatOnly });
    clock.isBroken = true;
    assert.equal((await create({ model: "*", input: "my secret prompt" })).status, 500);
    clock.isBroken = false;
    assert.equal((await t.participant(code, "p1")).status, "online");
    const lines = log.lines.filter((line) => line.includes("by a bug")).map((line) => JSON.parse(line));
    assert.equal(lines.length, 1);
    assert.equal(lines[0].name, "RangeError");
    assert.match(lines[0].at, /^ +at .*BrokenClock.*\n/);
    assert.doesNotMatch(log.text, /secret|and more/);
    assert.deepEqual(p.requests, []);
  });
});
