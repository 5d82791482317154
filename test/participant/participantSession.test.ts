import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { HumanError, type HumanErrorCode } from "../../src/common/humanError";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { RawHub, sendFailure } from "../support/rawHub";
import { ask, hubKinds, useSharing } from "./sharing";

const rejectsWith = (promise: Promise<unknown>, code: HumanErrorCode, message: RegExp) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof HumanError, String(error));
    assert.equal(error.code, code);
    assert.match(`${error.message} ${error.hint}`, message);
    return true;
  });

describe("ParticipantSession", () => {
  const sharing = useSharing();
  const { prepare, start } = sharing;

  describe("starting", () => {
    it("registers its card, the endpoint's origin only, then opens the tunnel with the token", async () => {
      const { hub, tunnel, session } = await start({
        session: { specs: { ram: 32 }, config: { temperature: 0.5 }, password: "open sesame", capacity: 2 },
      });
      const [put] = hub.callsOf("PUT");
      assert.equal(put?.path, "/v1/rooms/ABC234/participants/p1");
      assert.deepEqual(put?.body, {
        nickname: "Ada",
        model: "llama3:8b",
        endpoint: sharing.current?.provider.url,
        password: "open sesame",
        specs: { ram: 32 },
        config: { temperature: 0.5 },
        capabilities: { openResponses: "supported", chatCompletions: "supported" },
        capacity: 2,
      });
      assert.equal(tunnel.url, "/v1/rooms/ABC234/participants/p1/tunnel?token=token-1");
      assert.equal(session.state.state, "sharing");
    });

    it("does not tell a hub the path of an endpoint", async () => {
      const { hub, session, provider } = await prepare();
      Object.assign(session.options, { endpoint: `${provider.url}/v1/?key=secret` });
      await session.start();
      assert.equal(hub.callsOf("PUT")[0]?.body?.endpoint, provider.url);
    });

    it("P1: refuses a model that its provider does not offer, and says which there are", async () => {
      const { session, hub } = await prepare({ provider: { models: ["qwen3:4b", "phi4"] } });
      await rejectsWith(session.start(), "MODEL_NOT_FOUND", /does not offer llama3:8b.*qwen3:4b, phi4/);
      assert.equal(hub.calls.length, 0);
      assert.equal(session.state.state, "stopped");
    });

    for (const [what, code, message, handler] of [
      ["an unknown room", "ROOM_NOT_FOUND", /no room ABC234/, "ROOM_NOT_FOUND"],
      ["a wrong password", "WRONG_PASSWORD", /password is wrong/, "INVALID_PASSWORD"],
      ["a conflict", "HUB_REFUSED", /The hub refused: No\. Do this\./, "PARTICIPANT_CONFLICT"],
      ["a code of its own", "HUB_REFUSED", /The hub refused/, "SOMETHING_NEW"],
    ] as const) {
      it(`says so where the hub answers with ${what}`, async () => {
        const { session } = await prepare({
          hub: { handlers: { PUT: (_, response) => sendFailure(response, 404, handler) } },
        });
        await rejectsWith(session.start(), code, message);
        const { state } = session;
        assert.ok(state.state === "stopped" && state.error?.code === code);
      });
    }

    it("says so where the hub answers with a web page, and tells it nothing", async () => {
      const { session, hub } = await prepare({
        hub: {
          handlers: {
            HEALTH: (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
          },
        },
      });
      await rejectsWith(session.start(), "NOT_A_HUB", /is no hub: it answers a web page/);
      assert.equal(hub.callsOf("PUT").length, 0);
    });

    it("follows no redirect: a password would go with it", async () => {
      const elsewhere = await RawHub.start();
      const { session } = await prepare({
        session: { password: "open sesame" },
        hub: {
          handlers: {
            PUT: ({ path }, response) => response.writeHead(307, { location: elsewhere.url + path }).end(),
          },
        },
      });
      await rejectsWith(session.start(), "NOT_A_HUB", /redirects/);
      assert.equal(elsewhere.calls.length, 0);
      await elsewhere.close();
    });

    it("says so where the hub sends an answer without end", async () => {
      const { session } = await prepare({
        hub: { handlers: { PUT: (_, response) => response.end("x".repeat(2 * 1024 * 1024)) } },
      });
      await rejectsWith(session.start(), "NOT_A_HUB", /sends more than a hub does/);
    });

    it("says so where nothing answers at the hub's address", async () => {
      const { session, hub } = await prepare();
      await hub.close();
      await rejectsWith(session.start(), "HUB_UNREACHABLE", /Nothing answers at 127\.0\.0\.1/);
    });

    it("says so where nothing answers at the provider's address", async () => {
      const { session, provider } = await prepare();
      await provider.close();
      await rejectsWith(session.start(), "PROVIDER_UNREACHABLE", /Nothing answers/);
    });

    it("takes no other address than the hub's for the tunnel", async () => {
      const elsewhere = await RawHub.start();
      const { session, hub } = await prepare();
      hub.handlers.PUT = ({ path, body }, response) => {
        const now = Date.now();
        const participant = {
          id: "p1",
          ...body,
          status: "offline",
          joinedAt: now,
          lastSeen: now,
          updatedAt: now,
        };
        const tunnel = { url: `${elsewhere.url.replace("http", "ws")}${path}/tunnel`, token: "t" };
        response.end(JSON.stringify({ data: { participant, roomId: "r", tunnel } }));
      };
      await session.start();
      assert.equal(elsewhere.tunnels.length, 0);
      assert.equal(hub.tunnels.length, 1);
      await elsewhere.close();
    });

    it("can be aborted while it waits, and leaves nothing", async () => {
      const { session, hub } = await prepare({ hub: { handlers: { PUT: () => {} } } });
      const abort = new AbortController();
      const starting = session.start(abort.signal);
      const rejected = assert.rejects(starting, HumanError);
      await eventually(() => hub.callsOf("PUT").length === 1);
      abort.abort();
      await rejected;
      assert.equal(session.state.state, "stopped");
    });

    it("refuses a nickname without letters before the hub hears of it", async () => {
      const { session, hub } = await prepare({ session: { nickname: "  " } });
      await rejectsWith(session.start(), "INVALID_INPUT", /The nickname of .* is not valid: must /);
      assert.equal(hub.calls.length, 0);
    });
  });

  for (const { kind, hub } of hubKinds) {
    it(`P2: heartbeats and pings ${kind} every 10 s`, async () => {
      const clock = new FakeClock();
      const { hub: raw, tunnel } = await start({ hub, session: { clock, capacity: 3 } });
      assert.equal(raw.callsOf("POST", "/heartbeat").length, 1);
      const expected = kind === "a Gambi hub" ? undefined : { status: "online", active: 0, capacity: 3 };
      assert.deepEqual(raw.callsOf("POST", "/heartbeat")[0]?.body, expected);
      for (const count of [2, 3]) {
        clock.advance(10_000);
        await eventually(() => raw.callsOf("POST", "/heartbeat").length === count);
        await eventually(() => tunnel.of("tunnel.ping").length === count);
      }
      clock.advance(9_000);
      assert.equal(raw.callsOf("POST", "/heartbeat").length, 3);
    });
  }

  it("P2: on a Gambi hub the first heartbeat comes after the first pong, as that hub needs it", async () => {
    const clock = new FakeClock();
    const { session, hub } = await prepare({
      hub: { features: undefined, pongs: false },
      session: { clock },
    });
    const starting = session.start();
    const tunnel = await hub.tunnel();
    await eventually(() => tunnel.of("tunnel.ping").length === 1);
    assert.equal(hub.callsOf("POST", "/heartbeat").length, 0);
    tunnel.send({ type: "tunnel.pong" });
    await starting;
    assert.equal(hub.callsOf("POST", "/heartbeat").length, 1);
  });

  it("P2: what a heartbeat says that the tunnel has overtaken is corrected", async () => {
    const clock = new FakeClock();
    const { hub, tunnel, provider } = await start({ model: "holds", session: { clock } });
    const unanswered: ServerResponse[] = [];
    hub.handlers.POST = (_, response) => void unanswered.push(response);
    const requestId = tunnel.request(ask({ stream: true }));
    await eventually(() => tunnel.bytes(requestId).byteLength > 0);
    clock.advance(10_000);
    await eventually(() => hub.callsOf("POST", "/heartbeat").at(-1)?.body?.status === "busy");
    provider.release();
    await tunnel.answer(requestId);
    const said = () => tunnel.of("tunnel.status").map(({ status }) => status);
    await eventually(() => said().at(-1) === "online");
    const before = said().length;
    const data = { success: true, status: "busy", lastSeen: 0 };
    unanswered[0]?.end(JSON.stringify({ data, meta: { requestId: "x" } }));
    await eventually(() => said().length > before);
    assert.equal(said().at(-1), "online");
  });

  it("P2: a pause is said at once by a heartbeat where the hub knows no tunnel.status", async () => {
    const { hub, session } = await start({ hub: { features: ["heartbeat.status"] } });
    session.setPaused(true);
    await eventually(() => hub.callsOf("POST", "/heartbeat").at(-1)?.body?.status === "busy");
  });

  describe("stopping", () => {
    it("P7: leaves the room, ends what it serves, and is over once", async () => {
      const clock = new FakeClock();
      const { hub, tunnel, session, provider } = await start({ model: "holds", session: { clock } });
      const requestId = tunnel.request(ask({ stream: true }));
      await eventually(() => tunnel.bytes(requestId).byteLength > 0);
      const states: string[] = [];
      session.onDidChangeState(({ state }) => states.push(state));
      await Promise.all([session.stop(), session.stop()]);
      const answer = await tunnel.answer(requestId);
      assert.ok(answer.ended !== "end" && answer.ended.stage === "cancelled");
      assert.equal(answer.ended.message, "The participant stopped sharing.");
      const words = tunnel.messages.map(({ type, status, active }) =>
        type === "tunnel.status" ? `${status} ${active}` : type,
      );
      const [busy, ended] = [words.indexOf("busy 0"), words.indexOf("tunnel.response.error")];
      assert.ok(busy >= 0 && busy < ended, "nobody who waits gets its place");
      assert.equal(words.findLastIndex((word) => word.startsWith("online")) < busy, true);
      const call = await provider.waitForRequest(({ body }) => body?.stream === true);
      await call.ended;
      assert.equal(call.aborted, true);
      assert.equal(hub.callsOf("DELETE").length, 1);
      await eventually(() => tunnel.closed !== undefined);
      assert.deepEqual(states, ["stopped"]);
      assert.equal(clock.pendingTimers, 0);
    });

    it("P7: does not wait long for a hub that does not answer", async () => {
      const { session, hub } = await start();
      hub.handlers.DELETE = () => {};
      const before = performance.now();
      await session.stop();
      assert.ok(performance.now() - before < 8_000);
    });

    it("P7: can be stopped while it reconnects, and leaves no timer", async () => {
      const clock = new FakeClock();
      const { session, tunnel } = await start({ session: { clock } });
      tunnel.socket.terminate();
      await eventually(() => session.state.state === "reconnecting");
      await session.stop();
      assert.equal(session.state.state, "stopped");
      assert.equal(clock.pendingTimers, 0);
    });

    it("P7: stopped before it started, it never registers", async () => {
      const { session, hub } = await prepare();
      await session.stop();
      await assert.rejects(session.start(), HumanError);
      assert.equal(hub.callsOf("PUT").length, 0);
    });
  });

  it("shows what it serves: ids, times and who says that it asks, one change each", async () => {
    const { tunnel, provider, session } = await start({ model: "holds", session: { capacity: 2 } });
    const seen: number[] = [];
    session.onDidChangeState((state) => {
      if (state.state === "sharing") seen.push(state.active.length);
    });
    const requestId = tunnel.request(ask({ stream: true, user: `Ada${"!".repeat(500)}` }));
    await eventually(() => tunnel.bytes(requestId).byteLength > 0);
    const { state } = session;
    assert.ok(state.state === "sharing");
    const { startedAt, ...told } = state.active[0] ?? {};
    assert.equal(typeof startedAt, "number");
    assert.deepEqual(told, { requestId, asker: `Ada${"!".repeat(197)}` });
    provider.release();
    await tunnel.answer(requestId);
    await eventually(() => seen.length === 2);
    assert.deepEqual(seen, [1, 0]);
  });

  it("counts about how many tokens a stream has, while it runs and when it is over", async () => {
    const { tunnel, provider, session } = await start({ model: "holds" });
    const served: number[] = [];
    session.onDidServe((tokens) => served.push(tokens));
    const requestId = tunnel.request(ask({ stream: true }));
    await eventually(() => session.tokensOf(requestId) > 0);
    const before = session.tokensOf(requestId);
    provider.release();
    await tunnel.answer(requestId);
    await eventually(() => served.length === 1);
    assert.ok((served[0] ?? 0) > before, `${served[0]} after ${before}`);
    assert.equal(session.tokensOf(requestId), 0);
    await tunnel.answer(tunnel.request(ask({ model: "holds", stream: false })));
    await eventually(() => assert.deepEqual(served.slice(1), [0]));
  });

  it("shows the shortest requests too, whose answers come in one piece", async () => {
    const { tunnel, session } = await start({ provider: { answer: () => "fine" } });
    const seen: number[] = [];
    session.onDidChangeState((state) => {
      if (state.state === "sharing") seen.push(state.active.length);
    });
    const expected: number[] = [];
    for (let asked = 0; asked < 20; asked++) {
      await tunnel.answer(tunnel.request(ask({ stream: false })));
      expected.push(1, 0);
    }
    await eventually(() => assert.deepEqual(seen, expected));
  });

  it("shows each request once where it is paused and resumed meanwhile", async () => {
    const { tunnel, session, provider } = await start({ model: "holds" });
    const seen: string[] = [];
    session.onDidChangeState((state) => {
      if (state.state === "sharing") seen.push(`${state.active.length}${state.paused ? " paused" : ""}`);
    });
    const requestId = tunnel.request(ask({ stream: true }));
    await eventually(() => assert.deepEqual(seen, ["1"]));
    session.setPaused(true);
    provider.release();
    await tunnel.answer(requestId);
    await eventually(() => assert.deepEqual(seen, ["1", "1 paused", "0 paused"]));
    session.setPaused(false);
    assert.deepEqual(seen, ["1", "1 paused", "0 paused", "0"]);
  });

  it("takes for who asks what is a name, and nothing else", async () => {
    const { tunnel, provider, session } = await start({ model: "holds", session: { capacity: 4 } });
    for (const user of [undefined, null, 7, "  "]) tunnel.request(ask({ user }));
    await eventually(() => session.state.state === "sharing" && session.state.active.length === 4);
    const { state } = session;
    assert.ok(state.state === "sharing" && state.active.every(({ asker }) => asker === undefined));
    provider.release();
  });

  describe("the provider's key", () => {
    const apiKey = "sk-very-secret";
    for (const { kind, hub } of hubKinds) {
      it(`P8: reaches the provider, and never ${kind}`, async () => {
        const {
          hub: raw,
          tunnel,
          provider,
        } = await start({
          hub,
          provider: { apiKey, answer: () => "fine" },
          session: { apiKey },
        });
        await tunnel.answer(tunnel.request(ask()));
        assert.equal(sharing.current?.chats[0]?.headers.authorization, `Bearer ${apiKey}`);
        await provider.close();
        await tunnel.answer(tunnel.request(ask()));
        const heard = JSON.stringify([
          raw.calls,
          tunnel.messages,
          tunnel.frames.map(({ bytes }) => bytes.toString()),
        ]);
        assert.doesNotMatch(heard, /very-secret/);
      });
    }

    it("P8: a missing key is an error that says so", async () => {
      const { session } = await prepare({ provider: { apiKey } });
      await rejectsWith(session.start(), "WRONG_KEY", /wants a key/);
    });

    it("P8: a wrong key is an error that does not repeat it", async () => {
      const { session } = await prepare({ provider: { apiKey }, session: { apiKey: "sk-wrong" } });
      await assert.rejects(session.start(), (error: unknown) => {
        assert.ok(error instanceof HumanError);
        assert.match(error.message, /refuses this key/);
        assert.doesNotMatch(`${error.message} ${error.hint}`, /sk-/);
        return true;
      });
    });
  });
});
