import assert from "node:assert/strict";
import { normaliseHubUrl } from "../../src/client/hubUrl";
import { assertHumanError } from "./assertHumanError";

describe("normaliseHubUrl", () => {
  const understood: [typed: string, url: string][] = [
    ["192.168.1.20:5567", "http://192.168.1.20:5567"],
    ["localhost:5567/", "http://localhost:5567"],
    ["  localhost:5567  ", "http://localhost:5567"],
    ["http://host:5567/v1", "http://host:5567"],
    ["http://host:5567/v1/", "http://host:5567"],
    ["http://host:5567/v1/health", "http://host:5567"],
    ["http://host:5567/rooms/ABC234/v1", "http://host:5567"],
    ["http://host:5567/rooms/ABC234/v1/chat/completions?x=1#y", "http://host:5567"],
    ["HTTPS://Hub.Example.COM", "https://hub.example.com"],
    ["https://proxy.example/llm/hub//", "https://proxy.example/llm/hub"],
    ["https://proxy.example/llm/v1", "https://proxy.example/llm"],
    ["gpu-box", "http://gpu-box:5567"],
    ["gpu-box:80", "http://gpu-box"],
    ["http://gpu-box", "http://gpu-box"],
    ["[::1]:5567", "http://[::1]:5567"],
  ];
  for (const [typed, url] of understood) {
    it(`reads "${typed}"`, () => assert.equal(normaliseHubUrl(typed), url));
  }

  for (const typed of [
    "",
    "   ",
    "ftp://host",
    "ws://host:1",
    "http://",
    "http://host:99999",
    "a b",
    "::1",
  ]) {
    it(`refuses "${typed}"`, () => {
      assert.throws(() => normaliseHubUrl(typed), isInvalidInput);
    });
  }

  it("refuses an address with a password and does not repeat it", () => {
    assert.throws(
      () => normaliseHubUrl("http://me:secret@host:5567"),
      (error) => isInvalidInput(error) && !JSON.stringify(String(error)).includes("secret"),
    );
  });

  it("refuses an endless address", () => {
    assert.throws(() => normaliseHubUrl(`http://host/${"a".repeat(5_000)}`), isInvalidInput);
  });
});

function isInvalidInput(error: unknown): boolean {
  assertHumanError(error, "INVALID_INPUT");
  return true;
}
