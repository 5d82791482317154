import assert from "node:assert/strict";
import { chatFormat } from "../../src/client/chatStream";
import { ResponsesFormat } from "../../src/client/responsesStream";
import { parseRoomEvent } from "../../src/client/roomEvent";
import { participant } from "./samples";

/** Each wrong element was an issue of its own once, and these took seconds. */
const ENOUGH_MS = 1_000;

function quickly<T>(act: () => T): T {
  const startedAt = performance.now();
  const result = act();
  assert.ok(performance.now() - startedAt < ENOUGH_MS);
  return result;
}

describe("client: lists of a hostile hub", () => {
  it("C7: a chunk of half a million choices is no chunk", () => {
    const choices = Array.from({ length: 500_000 }, () => 1);
    assert.equal(
      quickly(() => chatFormat.event({ choices })),
      undefined,
    );
  });

  it("C7: a response of half a million items is no response", () => {
    const output = Array.from({ length: 500_000 }, () => 1);
    assert.equal(
      quickly(() => new ResponsesFormat().whole({ id: "r", output })),
      undefined,
    );
  });

  it("C2: of a snapshot of 300 000 participants the first that can be read are shown", () => {
    const wrong = Array.from({ length: 300_000 }, () => ({}));
    const participants = [participant("a"), ...wrong];
    const event = quickly(() =>
      parseRoomEvent(JSON.stringify({ type: "connected", timestamp: 1, data: { participants } })),
    );
    assert.ok(event?.type === "connected");
    assert.deepEqual(
      event.data.participants?.map(({ id }) => id),
      ["a"],
    );
  });
});
