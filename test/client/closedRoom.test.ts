import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { oursFeatures } from "./collectChat";
import { FeedLog } from "./feedLog";
import { beginStream, type RawHub, sendData, sendJson, startRawHub } from "./rawHub";
import { participant, room } from "./samples";

describe("RoomFeed of a room that ends", () => {
  let hub: RawHub;
  let stream: ServerResponse | undefined;
  let refusing: boolean;
  const clock = new FakeClock();
  beforeEach(async () => {
    refusing = false;
    stream = undefined;
    hub = await startRawHub({
      ours: ({ path }, response) => {
        if (path === "/v1/health") {
          const ours = { name: "LLM Rooms", version: "1", features: oursFeatures };
          return sendJson(response, 200, { data: { status: "ok", timestamp: 1, hub: ours } });
        }
        if (refusing) return sendJson(response, 401, { error: { code: "UNAUTHORIZED", message: "No." } });
        beginStream(response);
        stream = response;
        tell("connected", { room: room(), participants: [participant("a")] });
      },
    });
  });
  afterEach(() => hub.close());

  const tell = (type: string, data: unknown) =>
    stream && sendData(stream, { type, timestamp: clock.now(), roomCode: "ROOM23", data });

  it("C10: says that the host closed it, keeps what was known, and asks no more", async () => {
    const log = new FeedLog({ hubUrl: hub.at("ours"), room: room(), features: oursFeatures, clock });
    await log.phase("live");
    // Even where it was good for long, which else is made again at once.
    clock.advance(20_000);
    tell("room.closed", {});
    const { error } = await log.phase("lost");
    assert.equal(error.code, "ROOM_CLOSED");
    assert.deepEqual(log.people, ["a online"]);
    const asked = hub.requests.length;
    log.feed.reconnectNow();
    clock.advance(120_000);
    assert.equal(log.feed.state.phase.state, "lost");
    assert.equal(hub.requests.length, asked);
    log.feed.dispose();
    assert.equal(clock.pendingTimers, 0);
  });

  it("C10: says that its token is void where the stream was cut for that, and asks seldom", async () => {
    const token = "t".repeat(43);
    const log = new FeedLog({ hubUrl: hub.at("ours"), room: room(), features: oursFeatures, token, clock });
    await log.phase("live");
    refusing = true;
    stream?.end();
    await eventually(() => {
      const { phase } = log.feed.state;
      if (phase.state === "lost" && phase.error.code === "UNAUTHORIZED") return true;
      clock.advance(1_000);
      return false;
    });
    const { retryAt } = await log.phase("lost");
    assert.ok(retryAt - clock.now() >= 29_000);
    log.feed.dispose();
  });
});
