import assert from "node:assert/strict";
import { HumanError } from "../../src/common/humanError";
import {
  booleanRule,
  capacityRule,
  generationRule,
  maxTokensRule,
  proposedRoomRule,
  type SettingRule,
  shownSpecs,
  specsRule,
  textRule,
  urlRule,
} from "../../src/vscode/settingRules";

function refuses(rule: SettingRule<unknown>, ...values: unknown[]): void {
  for (const value of values) {
    assert.throws(
      () => rule(value, "llmRooms.x"),
      (error) =>
        error instanceof HumanError && error.code === "INVALID_INPUT" && error.message.includes("llmRooms.x"),
      `took ${JSON.stringify(value)}`,
    );
  }
}

describe("setting rules", () => {
  it("take an address and drop the slash behind it", () => {
    assert.equal(urlRule({ optional: false })(" http://gpu-box:5567/ ", "x"), "http://gpu-box:5567");
    assert.equal(urlRule({ optional: true })("", "x"), "");
    refuses(
      urlRule({ optional: false }),
      "",
      "gpu-box",
      "file:///etc/passwd",
      "javascript:alert(1)",
      5,
      null,
    );
  });

  it("take short texts only", () => {
    assert.equal(textRule(" Kim ", "x"), "Kim");
    refuses(textRule, "x".repeat(201), 5, null);
    refuses(booleanRule, "true", 1, null);
  });

  it("keep all seven sampling defaults in their ranges", () => {
    const good = {
      temperature: [0, 2, 0.7],
      top_p: [0, 1],
      max_tokens: [1, 100_000],
      stop: [["a", "b"]],
      frequency_penalty: [-2, 2],
      presence_penalty: [-2, 2],
      seed: [-5, 0, 42],
    } as const;
    const bad = {
      temperature: [-0.1, 2.1, "1", Number.NaN],
      top_p: [-0.1, 1.1],
      max_tokens: [0, -1, 1.5],
      stop: ["a", [5], Array(17).fill("x"), ["x".repeat(201)]],
      frequency_penalty: [-2.1, 2.1],
      presence_penalty: [-2.1, 2.1],
      seed: [1.5, "1"],
    } as const;
    for (const key of Object.keys(good) as (keyof typeof good)[]) {
      for (const value of good[key]) assert.deepEqual(generationRule(key)(value, "x"), value);
      refuses(generationRule(key), ...bad[key]);
      assert.equal(generationRule(key)(null, "x"), undefined, "empty means the provider's own");
    }
  });

  it("leave an empty list of stops to the provider", () => {
    assert.equal(generationRule("stop")([], "x"), undefined);
  });

  it("bound what this machine lends", () => {
    assert.equal(capacityRule(64, "x"), 64);
    refuses(capacityRule, 0, 65, 1.5, null);
    assert.equal(maxTokensRule(null, "x"), undefined);
    assert.equal(maxTokensRule(1, "x"), 1);
    refuses(maxTokensRule, 0, -1, 1.5, "5", Number.POSITIVE_INFINITY);
  });

  it("withhold the specs that are not listed", () => {
    assert.deepEqual(specsRule(["gpu", "vram"], "x"), ["gpu", "vram"]);
    refuses(specsRule, ["gpu", "serial"], "gpu", null);
    assert.deepEqual(shownSpecs({ gpu: "RTX", vram: 24, cpu: "Ryzen", ram: 64 }, ["ram"]), { ram: 64 });
    assert.deepEqual(shownSpecs({ gpu: "RTX" }, []), {});
  });

  it("take a workspace's proposal whole or not at all", () => {
    assert.equal(proposedRoomRule(null, "x"), undefined);
    assert.deepEqual(proposedRoomRule({ hubUrl: "http://h:1/", roomCode: "abc" }, "x"), {
      hubUrl: "http://h:1",
      roomCode: "abc",
    });
    refuses(proposedRoomRule, "http://h", {}, { hubUrl: "ftp://h", roomCode: "A" }, { hubUrl: "http://h" });
  });
});
