import assert from "node:assert/strict";
import { Credit } from "../../src/participant/credit";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { heldBytes } from "../support/heldBytes";
import { ask, useSharing } from "./sharing";

describe("A participant on a hub that grants credit", () => {
  const sharing = useSharing();

  it("F2: sends nothing before a grant, and then exactly as much as was granted", async () => {
    const { tunnel } = await sharing.start({ model: "utf8", hub: { credit: 0 } });
    const id = tunnel.request(ask({ stream: true }));
    await eventually(() => tunnel.of("tunnel.response.start", id).length === 1);
    let granted = 0;
    for (const bytes of [1, 6, 7, 40]) {
      tunnel.send({ type: "tunnel.credit", n: 1, bytes });
      granted += bytes;
      await eventually(() => tunnel.bytes(id).byteLength >= granted);
      assert.equal(tunnel.bytes(id).byteLength, granted);
    }
    tunnel.send({ type: "tunnel.credit", n: 1, bytes: 1_000_000 });
    const answer = await tunnel.answer(id);
    assert.equal(answer.ended, "end");
    assert.match(answer.bytes.toString(), /^data: .*\[DONE\]\n\n$/s);
  });

  it("F2: does not read a provider that floods further than it may send", async () => {
    const { tunnel } = await sharing.start({ model: "floods", hub: { credit: 100_000 } });
    const before = heldBytes();
    const id = tunnel.request(ask({ stream: true }));
    await eventually(() => tunnel.bytes(id).byteLength === 100_000);
    tunnel.send({ type: "tunnel.ping" });
    assert.ok(heldBytes() - before < 8 * 1024 * 1024);
    assert.equal(tunnel.bytes(id).byteLength, 100_000);
    tunnel.send({ type: "tunnel.cancel", requestId: id });
    await tunnel.answer(id);
  });

  it("F2: cancelled while it waits for a grant, it confirms at once and stops the provider", async () => {
    const { tunnel, provider } = await sharing.start({ model: "holds", hub: { credit: 0 } });
    const id = tunnel.request(ask({ stream: true }));
    await eventually(() => tunnel.of("tunnel.response.start", id).length === 1);
    tunnel.send({ type: "tunnel.cancel", requestId: id });
    const { ended } = await tunnel.answer(id);
    assert.ok(ended !== "end" && ended.stage === "cancelled");
    await eventually(() => provider.requests.some(({ aborted }) => aborted));
  });

  it("F2: a refusal is short, and waits for no grant", async () => {
    const { tunnel } = await sharing.start({ model: "holds", hub: { credit: 0 } });
    tunnel.request(ask({ stream: true }));
    const answer = await tunnel.answer(tunnel.request(ask({ stream: true })));
    assert.equal(answer.status, 429);
  });

  it("F2: a hub that never grants anything is not waited for without end", async () => {
    const clock = new FakeClock();
    const credit = new Credit(clock);
    credit.grant(5);
    assert.deepEqual([credit.take(3), credit.take(3), credit.take(3)], [3, 2, 0]);
    const waiting = credit.more();
    clock.advance(300_000);
    await assert.rejects(waiting);
    const again = credit.more();
    credit.dispose();
    await again;
    assert.equal(clock.pendingTimers, 0);
  });
});
