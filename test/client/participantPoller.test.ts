import assert from "node:assert/strict";
import { ParticipantPoller } from "../../src/client/participantPoller";
import type { ParticipantInfo } from "../../src/protocol/participant";
import { FakeClock } from "../support/fakeClock";
import { participant } from "./samples";

/** A list that the test answers by hand, and what the poller made of it. */
class Desk {
  readonly clock = new FakeClock();
  readonly lists: ParticipantInfo[][] = [];
  readonly errors: unknown[] = [];
  readonly asked: { resolve(list: ParticipantInfo[]): void; reject(error: unknown): void }[] = [];
  readonly poller = new ParticipantPoller({
    clock: this.clock,
    list: () => new Promise((resolve, reject) => this.asked.push({ resolve, reject })),
    onList: (list) => this.lists.push(list),
    onError: (error) => this.errors.push(error),
  });

  async answer(...ids: string[]): Promise<void> {
    this.asked.at(-1)?.resolve(ids.map((id) => participant(id)));
    await settled();
  }
}

function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe("ParticipantPoller", () => {
  it("C3: asks at once, and again at every heartbeat", async () => {
    const desk = new Desk();
    assert.equal(desk.asked.length, 1);
    for (let n = 2; n < 5; n++) {
      await desk.answer("a");
      desk.clock.advance(9_999);
      assert.equal(desk.asked.length, n - 1);
      desk.clock.advance(1);
      assert.equal(desk.asked.length, n);
    }
    assert.equal(desk.lists.length, 3);
    desk.poller.dispose();
    assert.equal(desk.clock.pendingTimers, 0);
  });

  it("C3: asks within a moment of an event, and once for many", async () => {
    const desk = new Desk();
    await desk.answer("a");
    for (let n = 0; n < 50; n++) desk.poller.poll();
    desk.clock.advance(249);
    assert.equal(desk.asked.length, 1);
    desk.clock.advance(1);
    assert.equal(desk.asked.length, 2);
    await desk.answer("a", "b");
    desk.clock.advance(1_000);
    assert.equal(desk.asked.length, 2);
    desk.poller.poll();
    assert.equal(desk.asked.length, 3);
    desk.poller.dispose();
  });

  it("C3: asks each second for a while after somebody joined, then at every heartbeat again", async () => {
    const desk = new Desk();
    await desk.answer("a");
    desk.clock.advance(1_000);
    desk.poller.poll({ settles: true });
    for (let n = 2; n <= 6; n++) {
      await desk.answer("a", "b");
      desk.clock.advance(999);
      assert.equal(desk.asked.length, n);
      desk.clock.advance(1);
      assert.equal(desk.asked.length, n + 1);
    }
    await desk.answer("a", "b");
    desk.clock.advance(9_999);
    assert.equal(desk.asked.length, 7);
    desk.clock.advance(1);
    assert.equal(desk.asked.length, 8);
    desk.poller.dispose();
  });

  it("C2: throws away a list that may be older than an event, but not for ever", async () => {
    const desk = new Desk();
    for (let n = 0; n < 4; n++) {
      assert.deepEqual(desk.lists, []);
      desk.poller.poll();
      await desk.answer("a");
      desk.clock.advance(250);
    }
    assert.equal(desk.lists.length, 1);
    desk.poller.dispose();
  });

  it("ends at the first failure, and tells it", async () => {
    const desk = new Desk();
    const error = new Error("no hub");
    desk.asked[0]?.reject(error);
    await settled();
    assert.deepEqual(desk.errors, [error]);
    assert.equal(desk.clock.pendingTimers, 0);
    desk.poller.dispose();
  });

  it("tells nothing after it is disposed", async () => {
    const desk = new Desk();
    desk.poller.dispose();
    await desk.answer("a");
    desk.poller.poll();
    assert.deepEqual([desk.lists.length, desk.errors.length, desk.clock.pendingTimers], [0, 0, 0]);
  });
});
