import assert from "node:assert/strict";
import { describeError, HumanError } from "../../src/common/humanError";

describe("describeError", () => {
  it("gives what happened and what to do, on one line", () => {
    const error = new HumanError("PROVIDER_UNREACHABLE", "Ollama does not answer.", "Start it.");
    assert.equal(describeError(error), "Ollama does not answer. Start it.");
  });

  it("takes whatever was thrown", () => {
    assert.equal(describeError(new TypeError("bad")), "bad");
    assert.equal(describeError("text"), "text");
    assert.equal(describeError(undefined), "undefined");
  });
});
