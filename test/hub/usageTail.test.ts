import assert from "node:assert/strict";
import fc from "fast-check";
import { findUsage, UsageTail } from "../../src/hub/usageTail";

const counts = { inputTokens: 3, outputTokens: 4, totalTokens: 7 };

describe("hub: usage", () => {
  it("I11: finds the last usage of a stream, in either protocol's words", () => {
    const chat =
      'data: {"usage":null}\n\ndata: {"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n\n';
    assert.deepEqual(findUsage(`${chat}data: [DONE]\n\n`), counts);
    const responses =
      '{"response":{"usage": {"input_tokens":3,"input_tokens_details":{"cached":0},"output_tokens":4}}}';
    assert.deepEqual(findUsage(responses), counts);
    assert.deepEqual(findUsage(`${chat}${chat.replaceAll("3", "9")}`).inputTokens, 9);
  });

  it("I11: invents nothing", () => {
    for (const text of [
      "",
      '"usage":',
      '"usage":{',
      '"usage":{"prompt_tokens":"many"}',
      '"usage":null',
      '{\\"usage\\":{}}',
      '"usage":{x}',
    ]) {
      assert.equal(findUsage(text).outputTokens, undefined, text);
    }
  });

  it("I11: counts that no answer has are not told", () => {
    for (const wrong of ["1e300", "1e999", "10000001", "-1", "0.5", '"7"']) {
      for (const name of ["prompt_tokens", "completion_tokens", "total_tokens"]) {
        const text = `{"usage":{"input_tokens":3,"output_tokens":4,"${name}":${wrong}}}`;
        assert.deepEqual(findUsage(text), {}, text);
      }
    }
    assert.equal(findUsage('{"usage":{"completion_tokens":10000000}}').outputTokens, 10_000_000);
  });

  it("I11: of what looks like counts only the last few are looked at: a tail full of it would hold up the hub", () => {
    const [found, none] = ['"usage":{"output_tokens":3}', '"usage":{'];
    assert.equal(findUsage(found + none.repeat(10)).outputTokens, 3);
    assert.equal(findUsage(found + none.repeat(1_000)).outputTokens, undefined);
  });

  it("I11: what a model writes about usage is not taken for it", () => {
    const said = JSON.stringify({ content: '"usage":{"prompt_tokens":99,"completion_tokens":99}' });
    assert.deepEqual(findUsage(`data: ${said}`), {});
  });

  it("I11: is the same however the bytes are split, and after any length", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5_000 }), { maxLength: 30 }), (sizes) => {
        const text = `${"x".repeat(20_000)}"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}\n`;
        const tail = new UsageTail();
        let at = 0;
        for (const size of [...sizes, text.length]) {
          tail.push(Buffer.from(text.slice(at, at + size)));
          at += size;
        }
        assert.deepEqual(tail.counts(), counts);
      }),
    );
  });
});
