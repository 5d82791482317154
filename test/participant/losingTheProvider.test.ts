import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { HumanError } from "../../src/common/humanError";
import { reachProvider, watchProvider } from "../../src/participant/providerWatch";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { startFakeProvider } from "../support/fakeProvider";
import { ask, useSharing } from "./sharing";

/** A heartbeat's time, ms. */
const BEAT_MS = 10_000;

describe("ParticipantSession, losing its provider", () => {
  const { start } = useSharing();
  const beatUntil = (clock: FakeClock, check: () => boolean) =>
    eventually(() => {
      if (check()) return true;
      clock.advance(BEAT_MS);
      return false;
    });

  it("P12: goes offline and says why, then comes back with it", async () => {
    const clock = new FakeClock();
    const { tunnel, hub, session, provider } = await start({ session: { clock } });
    await provider.close();
    await beatUntil(clock, () => session.state.state === "reconnecting");
    const { state } = session;
    assert.ok(state.state === "reconnecting");
    assert.equal(state.error.code, "PROVIDER_UNREACHABLE");
    assert.match(state.error.message, new RegExp(`Nothing answers at 127.0.0.1:${provider.port}`));
    await eventually(() => tunnel.closed !== undefined);
    const again = await startFakeProvider({ port: provider.port });
    try {
      await beatUntil(clock, () => session.state.state === "sharing");
      const next = await hub.tunnel(2);
      assert.equal((await next.answer(next.request(ask()))).status, 200);
    } finally {
      await session.stop();
      await again.close();
    }
    assert.equal(clock.pendingTimers, 0);
  });

  it("P12: knocks nowhere else, and not at the hub, until the provider is back", async () => {
    const clock = new FakeClock();
    const { hub, session, provider } = await start({ session: { clock } });
    await provider.close();
    await beatUntil(clock, () => session.state.state === "reconnecting");
    const { length } = hub.calls;
    let tries = 0;
    session.onDidChangeState(() => tries++);
    await beatUntil(clock, () => tries >= 3);
    assert.equal(hub.calls.length, length);
  });

  it("P12: one miss is a restart, of which the room does not hear", async () => {
    const clock = new FakeClock();
    const { tunnel, session, provider } = await start({ session: { clock } });
    const { url, port } = provider;
    // A look of ours, right after the session's own, ends right after it.
    const misses = () => assert.rejects(reachProvider(url), HumanError);
    const look = async (isThere: boolean) => {
      clock.advance(BEAT_MS);
      await (isThere ? reachProvider(url) : misses());
    };
    await provider.close();
    await look(false);
    const again = await startFakeProvider({ port });
    await look(true);
    assert.equal((await tunnel.answer(tunnel.request(ask()))).status, 200);
    await again.close();
    await look(false);
    assert.equal(session.state.state, "sharing");
    await look(false);
    await eventually(() => session.state.state === "reconnecting");
  });
});

describe("watchProvider", () => {
  it("P12: does not look while the provider answers", async () => {
    const closed = await startFakeProvider();
    await closed.close();
    const clock = new FakeClock();
    let isIdle = false;
    const gone: string[] = [];
    const onGone = (error: HumanError) => gone.push(error.code);
    const watch = watchProvider(closed.url, clock, { isIdle: () => isIdle, onGone });
    const look = async () => {
      clock.advance(BEAT_MS);
      await assert.rejects(reachProvider(closed.url), HumanError);
    };
    for (let looks = 0; looks < 3; looks++) await look();
    isIdle = true;
    await look();
    assert.deepEqual(gone, []);
    await look();
    assert.deepEqual(gone, ["PROVIDER_UNREACHABLE"]);
    watch.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});

describe("reachProvider", () => {
  for (const [host, address] of [
    ["127.0.0.1", "127.0.0.1"],
    ["[::1]", "::1"],
  ] as const) {
    it(`P12: opens a connection to ${host} and says nothing on it`, async () => {
      const heard: Buffer[] = [];
      const server = createServer((socket) => {
        socket.on("error", () => {}).on("data", (data) => heard.push(data));
        socket.once("close", () => server.close());
      });
      server.listen(0, address);
      await once(server, "listening");
      const closed = once(server, "close");
      await reachProvider(`http://${host}:${(server.address() as AddressInfo).port}`);
      await closed;
      assert.deepEqual(heard, []);
    });
  }

  it("P12: says what to do where there is no such host", async () => {
    const failed = await reachProvider("https://no-such-host.invalid").catch((error: unknown) => error);
    assert.ok(failed instanceof HumanError);
    assert.equal(failed.code, "PROVIDER_UNREACHABLE");
    assert.match(failed.message, /no host|does not answer|Nothing answers/);
  });
});
