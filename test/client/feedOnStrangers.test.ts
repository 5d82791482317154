import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { HumanErrorCode } from "../../src/common/humanError";
import { hubFeatures } from "../../src/protocol/hubFeatures";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { assertHumanError } from "./assertHumanError";
import { FeedLog } from "./feedLog";
import { type Behaviour, beginStream, type RawHub, sendData, startRawHub, strangers } from "./rawHub";
import { participant, room } from "./samples";

const connected = (data: unknown, roomCode = "ROOM23") => ({
  type: "connected",
  timestamp: Date.now(),
  roomCode,
  data,
});

const behaviours: Record<string, Behaviour> = {
  ...strangers,
  partly: (_, response) => {
    beginStream(response);
    const participants = [participant("a"), { id: "broken" }, null, participant("b")];
    sendData(response, connected({ room: room({ name: "Named" }), participants }));
  },
  hugeevent: (_, response) => {
    beginStream(response);
    const piece = `data: ${"x".repeat(64 * 1024)}\n`;
    const pump = () => {
      while (!response.destroyed && response.write(piece));
    };
    response.on("drain", pump);
    pump();
  },
  commentsonly: (_, response) => {
    beginStream(response);
    const timer = setInterval(() => response.write(": alive\n\n"), 5);
    response.on("close", () => clearInterval(timer));
  },
  unreadable: (_, response) => {
    beginStream(response);
    const timer = setInterval(() => sendData(response, { ...connected({}), timestamp: "now" }), 5);
    response.on("close", () => clearInterval(timer));
  },
  cutsatonce: (_, response) => {
    beginStream(response);
    response.end();
  },
};

describe("RoomFeed where no hub answers", () => {
  let hub: RawHub;
  let clock: FakeClock;
  let log: FeedLog | undefined;

  before(async () => {
    hub = await startRawHub(behaviours);
  });
  after(() => hub.close());
  beforeEach(() => {
    clock = new FakeClock(Date.now());
  });
  afterEach(async () => {
    log?.feed.dispose();
    await eventually(() => hub.openSockets === 0);
    assert.equal(clock.pendingTimers, 0);
  });

  function follow(behaviour: string, features?: readonly string[]): FeedLog {
    log = new FeedLog({ hubUrl: hub.at(behaviour), room: room(), clock, features });
    return log;
  }

  const expected: [behaviour: string, code: HumanErrorCode][] = [
    ["html", "NOT_A_HUB"],
    ["redirect", "NOT_A_HUB"],
    ["wrongjson", "NOT_A_HUB"],
    ["text404", "NOT_A_HUB"],
    ["cuts", "HUB_UNREACHABLE"],
    ["badgateway", "HUB_REFUSED"],
    ["noroom", "ROOM_NOT_FOUND"],
    ["password", "WRONG_PASSWORD"],
    ["hugeevent", "NOT_A_HUB"],
    ["cutsatonce", "HUB_UNREACHABLE"],
  ];
  for (const [behaviour, code] of expected) {
    it(`C1: is lost, and says why, where the events are "${behaviour}"`, async () => {
      const lost = await follow(behaviour, hubFeatures).phase("lost");
      assertHumanError(lost.error, code);
      assert.ok(lost.retryAt > clock.now());
      await eventually(() => hub.openSockets === 0);
    });
  }

  it("C1: asks first whether it is a hub where it was not told", async () => {
    const lost = await follow("oldgambi").phase("lost");
    assert.match(assertHumanError(lost.error, "NOT_A_HUB").message, /Gambi 0\.1/);
  });

  for (const behaviour of ["stalls", "commentsonly", "unreadable"]) {
    it(`C1: gives up where no event that can be read ever comes (${behaviour})`, async () => {
      const following = follow(behaviour, hubFeatures);
      await eventually(() => hub.openSockets === 1);
      clock.advance(10_000);
      assertHumanError((await following.phase("lost")).error, "TIMED_OUT");
    });
  }

  it("C2: a participant that cannot be read does not hide the others of a snapshot", async () => {
    const following = follow("partly", hubFeatures);
    await following.phase("live");
    assert.deepEqual(following.people, ["a online", "b online"]);
    assert.equal(following.feed.state.room.name, "Named");
    assert.equal(following.states.length, 1);
  });

  it("C4: connects again where the hub is silent for 30 s, and not while its comments come", async () => {
    const watchers: ServerResponse[] = [];
    const quiet = await startRawHub({
      quiet: (_, response) => {
        watchers.push(response);
        beginStream(response);
        sendData(response, connected({ participants: [participant(`p${watchers.length}`)] }));
      },
    });
    log = new FeedLog({ hubUrl: quiet.at("quiet"), room: room(), clock, features: hubFeatures });
    await log.shows("p1 online");
    clock.advance(20_000);
    // The event behind the comment shows that the comment has arrived.
    watchers[0]?.write(": alive\n\n");
    sendData(watchers[0] as ServerResponse, {
      type: "participant.joined",
      timestamp: 1,
      data: participant("x"),
    });
    await log.shows("p1 online", "x online");
    clock.advance(29_999);
    assert.equal(watchers.length, 1);
    clock.advance(1);
    await log.shows("p2 online");
    assert.deepEqual(log.phases, ["live"]);
    log.feed.dispose();
    await eventually(() => quiet.openSockets === 0);
    await quiet.close();
  });

  it("tells nothing any more once it is disposed, whatever it was doing", async () => {
    const following = follow("stalls", hubFeatures);
    await eventually(() => hub.openSockets === 1);
    following.feed.dispose();
    following.feed.reconnectNow();
    await eventually(() => hub.openSockets === 0);
    assert.deepEqual(following.states, []);
  });

  it("can be disposed while it waits for its next try", async () => {
    const following = follow("cuts", hubFeatures);
    await following.phase("lost");
    following.feed.dispose();
    assert.equal(clock.pendingTimers, 0);
  });
});
