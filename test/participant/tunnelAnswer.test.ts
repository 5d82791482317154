import assert from "node:assert/strict";
import { Credit } from "../../src/participant/credit";
import { TunnelAnswer } from "../../src/participant/tunnelAnswer";
import type { ParticipantMessage } from "../../src/protocol/tunnel";
import { FakeClock } from "../support/fakeClock";

describe("an answer on its way to the hub", () => {
  for (const isOurs of [true, false]) {
    it(`P5: once it was cancelled nothing of a long piece follows, on ${isOurs ? "our" : "the base's"} tunnel`, async () => {
      const clock = new FakeClock();
      const sent: string[] = [];
      let takeMore = () => {};
      const take = (what: string) => {
        sent.push(what);
        return new Promise<void>((resolve) => {
          takeMore = resolve;
        });
      };
      const tunnel = {
        isOurs,
        send: ({ type }: ParticipantMessage) => take(type),
        sendFrame: () => take("frame"),
      };
      const credit = new Credit(clock);
      credit.grant(10_000_000);
      const answer = new TunnelAnswer(tunnel, "r1", 1, () => {}, credit);
      const written = answer.write(Buffer.alloc(2_000_000));
      const takeFirst = takeMore;
      answer.fail("cancelled", "Nobody waits for it.");
      takeFirst();
      await written;
      assert.deepEqual(sent, [isOurs ? "frame" : "tunnel.response.chunk", "tunnel.response.error"]);
      assert.equal(clock.pendingTimers, 0);
    });
  }
});
