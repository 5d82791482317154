import assert from "node:assert/strict";
import fc from "fast-check";
import { MAX_ANSWER_FIELDS, parseJson } from "../../src/common/parseJson";

const padding = "x".repeat(1024 * 1024);

describe("common: parseJson", () => {
  it("is JSON.parse for whatever is small, and for long texts of few values", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(parseJson(text), JSON.parse(text));
        const long = JSON.stringify([value, padding]);
        assert.deepEqual(parseJson(long), JSON.parse(long));
      }),
    );
    assert.throws(() => parseJson("{"), SyntaxError);
  });

  it("takes a long prompt, whatever stands in it", () => {
    const prompt = '[{"a":1,"b":"\\\\"},{}],\n'.repeat(400_000);
    assert.equal((parseJson(JSON.stringify({ prompt })) as { prompt: string }).prompt, prompt);
  });

  it("takes an answer with what else was likely at each of its tokens", () => {
    const likely = Array.from({ length: 21 }, () => ({ token: "a", logprob: -1, bytes: [97] }));
    const answer = JSON.stringify({ logprobs: Array.from({ length: 4_000 }, () => ({ likely })) });
    assert.throws(() => parseJson(answer), /too many values/);
    assert.ok(parseJson(answer, { maxFields: MAX_ANSWER_FIELDS }));
  });

  it("refuses a text of millions of values before it makes them", () => {
    for (const text of [
      `[${"{},".repeat(2_000_000)}{}]`,
      `${"[".repeat(2_000_000)}`,
      `{"a":"\\\\","b":[${"0,".repeat(2_000_000)}0]}`,
      `{${Array.from({ length: 100_001 }, (_, at) => `"a${at}":0`).join()}}`,
    ]) {
      assert.throws(() => parseJson(text), /too many values/);
    }
  });
});
