import assert from "node:assert/strict";
import { frameMask } from "../../src/participant/frameMask";

function maskFor(url: string): number[] | undefined {
  const { generateMask } = frameMask(url);
  const mask = Buffer.from([1, 2, 3, 4]);
  generateMask?.(mask);
  return generateMask && [...mask];
}

describe("the mask of a tunnel's frames", () => {
  it("is zero where nothing between can read them", () => {
    const unseen = [
      "wss://hub.example:5567/t",
      "ws://127.0.0.1:5567/t",
      "ws://localhost/t",
      "ws://[::1]:5567/t",
    ];
    for (const url of unseen) assert.deepEqual(maskFor(url), [0, 0, 0, 0], url);
  });

  it("is left to chance in plain text on a network", () => {
    const seen = [
      "ws://192.168.1.7:5567/t",
      "ws://hub.example/t",
      "ws://127.0.0.1.example/t",
      "ws://localhost.example/t",
    ];
    for (const url of seen) assert.equal(maskFor(url), undefined, url);
  });
});
