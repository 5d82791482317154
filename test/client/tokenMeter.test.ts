import assert from "node:assert/strict";
import { TokenMeter } from "../../src/client/tokenMeter";
import { FakeClock } from "../support/fakeClock";

describe("TokenMeter", () => {
  it("C5: counts pieces, and times them from the first one on", () => {
    const clock = new FakeClock();
    const meter = new TokenMeter(clock);
    clock.advance(3_000);
    for (let n = 0; n < 11; n++) {
      meter.delta();
      if (n < 10) clock.advance(100);
    }
    clock.advance(50);
    assert.deepEqual(meter.summary(), {
      ttftMs: 3_000,
      durationMs: 4_050,
      outputTokens: 11,
      tokensPerSecond: 10,
    });
  });

  it("C5: believes the provider's count", () => {
    const clock = new FakeClock();
    const meter = new TokenMeter(clock);
    meter.delta();
    clock.advance(2_000);
    meter.delta();
    meter.usage(101);
    assert.deepEqual(meter.summary(), {
      ttftMs: 0,
      durationMs: 2_000,
      outputTokens: 101,
      tokensPerSecond: 50,
    });
  });

  it("tells no speed of what came at once, or not at all", () => {
    const clock = new FakeClock();
    const silent = new TokenMeter(clock);
    assert.deepEqual(silent.summary(), {
      ttftMs: undefined,
      durationMs: 0,
      outputTokens: 0,
      tokensPerSecond: undefined,
    });
    const atOnce = new TokenMeter(clock);
    atOnce.delta();
    atOnce.usage(500);
    clock.advance(1_000);
    assert.equal(atOnce.summary().tokensPerSecond, undefined);
  });

  it("stays sane where the machine's clock is set back", () => {
    const clock = new FakeClock();
    const meter = new TokenMeter(clock);
    clock.leap(-60_000);
    meter.delta();
    meter.delta();
    const { ttftMs, durationMs, tokensPerSecond } = meter.summary();
    assert.deepEqual([ttftMs, durationMs, tokensPerSecond], [0, 0, undefined]);
  });
});
