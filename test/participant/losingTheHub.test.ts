import assert from "node:assert/strict";
import type { SessionState } from "../../src/participant/participantSession";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { type Handler, RawHub, sendFailure } from "../support/rawHub";
import { ask, useSharing } from "./sharing";

const models = { operation: "models.list", method: "GET", path: "/v1/models" };

/** Lets what the clock set off happen before the next step. */
const advanceUntil = (clock: FakeClock, stepMs: number, check: () => boolean) =>
  eventually(() => {
    if (check()) return true;
    clock.advance(stepMs);
    return false;
  });

describe("ParticipantSession, losing its hub", () => {
  const { prepare, start } = useSharing();

  it("P6: reconnects with backoff, says why, and serves again", async () => {
    const clock = new FakeClock();
    const { hub, tunnel, session } = await start({ session: { clock } });
    const states: SessionState[] = [];
    session.onDidChangeState((state) => states.push(state));
    tunnel.socket.terminate();
    await eventually(() => session.state.state === "reconnecting");
    const { state } = session;
    assert.ok(state.state === "reconnecting");
    assert.equal(state.error.code, "HUB_UNREACHABLE");
    const waitMs = state.retryAt - clock.now();
    assert.ok(waitMs >= 500 && waitMs <= 1_000, `${waitMs} ms`);
    assert.equal(hub.tunnels.length, 1);
    clock.advance(1_000);
    const next = await hub.tunnel(2);
    await eventually(() => session.state.state === "sharing");
    assert.equal((await next.answer(next.request(ask()))).status, 200);
    assert.deepEqual(
      states.slice(0, 2).map((each) => each.state),
      ["reconnecting", "sharing"],
    );
  });

  it("P6: survives a hub that vanishes, and comes back to it", async () => {
    const clock = new FakeClock();
    const { hub, session } = await start({ session: { clock } });
    const { port } = hub;
    await hub.close();
    await advanceUntil(clock, 1_000, () => {
      const { state } = session;
      return state.state === "reconnecting" && /Nothing answers/.test(state.error.message);
    });
    const again = await RawHub.start({}, port);
    await advanceUntil(clock, 1_000, () => session.state.state === "sharing");
    assert.equal(again.callsOf("PUT").length >= 1, true);
    await session.stop();
    await again.close();
  });

  it("P6: registers again where a heartbeat says that the hub forgot it", async () => {
    const clock = new FakeClock();
    const { hub, session } = await start({ session: { clock } });
    hub.handlers.POST = (_, response) => sendFailure(response, 404, "PARTICIPANT_NOT_FOUND");
    clock.advance(10_000);
    await eventually(() => session.state.state === "reconnecting");
    delete hub.handlers.POST;
    await advanceUntil(clock, 500, () => session.state.state === "sharing");
    assert.equal(hub.callsOf("PUT").length, 2);
  });

  it("P6: keeps trying where the room is gone, and says that", async () => {
    const clock = new FakeClock();
    const { hub, tunnel, session } = await start({ session: { clock } });
    hub.handlers.PUT = (_, response) => sendFailure(response, 404, "ROOM_NOT_FOUND");
    tunnel.socket.terminate();
    await advanceUntil(clock, 500, () => {
      const { state } = session;
      return state.state === "reconnecting" && state.error.code === "ROOM_NOT_FOUND";
    });
    delete hub.handlers.PUT;
    await advanceUntil(clock, 500, () => session.state.state === "sharing");
  });

  const losses: Record<string, Handler> = {
    "the connection breaks": (_, response) => response.destroy(),
    "a proxy answers in the hub's place": (_, response) => response.writeHead(502).end("<html>"),
  };
  for (const [how, lose] of Object.entries(losses)) {
    it(`P6: a lost heartbeat is nothing, three are a lost hub: ${how}`, async () => {
      const clock = new FakeClock();
      const { hub, session } = await start({ session: { clock } });
      hub.handlers.POST = lose;
      for (const count of [2, 3, 4]) {
        assert.equal(session.state.state, "sharing");
        clock.advance(10_000);
        await eventually(() => hub.callsOf("POST", "/heartbeat").length === count);
      }
      await eventually(() => session.state.state === "reconnecting");
      assert.equal(hub.callsOf("PUT").length, 1);
    });
  }

  it("T7: a hub that no longer pongs is left after 30 s", async () => {
    const clock = new FakeClock();
    const { hub, session } = await prepare({ hub: { pongs: false }, session: { clock } });
    const starting = session.start();
    const tunnel = await hub.tunnel();
    await eventually(() => tunnel.of("tunnel.ping").length === 1);
    tunnel.send({ type: "tunnel.pong" });
    await starting;
    clock.advance(30_000);
    assert.equal(session.state.state, "sharing");
    clock.advance(10_000);
    await eventually(() => session.state.state === "reconnecting");
    await eventually(() => tunnel.closed !== undefined);
  });

  it("P6: after sleep it asks whether the hub is still there, and else reconnects", async () => {
    const clock = new FakeClock();
    const { hub, tunnel, session } = await start({ session: { clock } });
    tunnel.pongs = false;
    clock.leap(60 * 60_000);
    clock.advance(5_000);
    assert.equal(session.state.state, "sharing");
    clock.advance(3_000);
    await eventually(() => session.state.state === "reconnecting");
    clock.advance(1_000);
    await hub.tunnel(2);
  });

  for (const [how, jump] of [
    ["forward", 3_600_000],
    ["back", -3_600_000],
  ] as const) {
    it(`P6: where somebody sets the clock ${how}, what runs goes on, and a hub that falls silent is noticed`, async () => {
      const clock = new FakeClock();
      const { tunnel, session, provider } = await start({ model: "holds", session: { clock } });
      const requestId = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.bytes(requestId).byteLength > 0);
      clock.leap(jump);
      const pings = () => tunnel.messages.filter(({ type }) => type === "tunnel.ping").length;
      for (const seconds of [5, 5, 10]) {
        const before = pings();
        clock.advance(seconds * 1_000);
        if (seconds === 10 || jump > 0) await eventually(() => pings() > before);
        // It comes after the pong.
        await tunnel.answer(tunnel.request(undefined, models));
      }
      assert.equal(session.state.state, "sharing");
      provider.release();
      assert.equal((await tunnel.answer(requestId)).ended, "end");
      tunnel.pongs = false;
      await advanceUntil(clock, 10_000, () => session.state.state === "reconnecting");
    });
  }

  it("P6: reconnectNow does not wait for the next try", async () => {
    const clock = new FakeClock();
    const { hub, tunnel, session } = await start({ session: { clock } });
    tunnel.socket.terminate();
    await eventually(() => session.state.state === "reconnecting");
    session.reconnectNow();
    await hub.tunnel(2);
    await eventually(() => session.state.state === "sharing");
  });

  for (const [what, code, reason, message] of [
    [
      "superseded",
      1000,
      "Superseded by a newer tunnel session.",
      /^SHARE_ENDED: Another program of this machine shares this model/,
    ],
    [
      "removed",
      4002,
      "Participant left the room.",
      /^SHARE_ENDED: The model that you share was removed from the room/,
    ],
    ["in a room that was closed", 4004, "The host closed the room.", /^ROOM_CLOSED: .*closed the room/],
  ] as const) {
    it(`P6: a participant that was ${what} stops, does not fight, and removes nothing`, async () => {
      const { hub, tunnel, session } = await start();
      tunnel.socket.close(code, reason);
      await eventually(() => session.state.state === "stopped");
      const { state } = session;
      assert.ok(state.state === "stopped");
      assert.match(`${state.error?.code}: ${state.error?.message}`, message);
      assert.equal(hub.callsOf("PUT").length, 1);
      assert.equal(hub.callsOf("DELETE").length, 0);
    });
  }
});
