import assert from "node:assert/strict";
import { metricsOf } from "../../src/hub/metrics";
import { ServingPace } from "../../src/hub/servingPace";
import { paths } from "../../src/protocol/paths";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";

describe("hub: false counts of tokens", () => {
  let t: TestHub;
  let code: string;
  beforeEach(async () => {
    t = await startHub();
    code = await t.makeRoom();
  });
  afterEach(() => t.hub.close());

  /** Whoever answers takes a second. @returns how many requests it got so far. */
  const join = async (id: string, completionTokens: string) => {
    const p = await joinRaw(t, code, id);
    let served = 0;
    p.serve((request) => {
      served++;
      t.clock.advance(1_000);
      p.answer(request, `{"usage":{"prompt_tokens":1,"completion_tokens":${completionTokens}}}`);
    });
    return () => served;
  };

  for (const count of ["1e300", "1e308", "9999999"]) {
    it(`I2: whoever claims ${count} tokens gets no more requests than others, and is no worse off alone`, async () => {
      const honest = await join("honest", "20");
      const liar = await join("liar", count);
      for (let each = 0; each < 10; each++) assert.equal((await t.chat(code)).status, 200);
      assert.ok(honest() >= 4, `${honest()} of ${honest() + liar()}`);
      await t.ask("DELETE", paths.participant(code, "honest"));
      for (let each = 0; each < 5; each++) assert.equal((await t.chat(code)).status, 200);
      assert.doesNotMatch(String((await t.ask("GET", paths.metrics)).body), /Inf$|NaN/m);
    });
  }

  it("I11: more tokens than bytes tell no pace: they were not in the answer", () => {
    const times = { startedAt: 0, firstByteAt: 0, endedAt: 1_000 };
    assert.equal(metricsOf(times, { outputTokens: 50 }, 50).tokensPerSecond, 50);
    const { outputTokens, tokensPerSecond } = metricsOf(times, { outputTokens: 50 }, 49);
    assert.deepEqual([outputTokens, tokensPerSecond], [50, undefined]);
  });

  it("I2: a pace that is no number is not learnt", () => {
    const pace = new ServingPace();
    for (const tokensPerSecond of [Number.POSITIVE_INFINITY, Number.NaN, 10]) {
      pace.learn({ ttftMs: 0, durationMs: 1_000, outputTokens: 10, tokensPerSecond }, 0);
    }
    assert.equal(pace.tokensPerSecond, 10);
  });
});
