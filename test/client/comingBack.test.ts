import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { createHub, type Hub } from "../../src/hub/createHub";
import { openFileRoomStore } from "../../src/hub/fileRoomStore";
import { ParticipantSession } from "../../src/participant/participantSession";
import type { RoomSummary } from "../../src/protocol/room";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { useTempFolders } from "../support/tempFolder";
import { collectChat } from "./collectChat";
import { FeedLog } from "./feedLog";

const HEARTBEAT_MS = 10_000;
const HOUR_MS = 3_600_000;
/** A hub with protected rooms does not tell a room that is gone from one that is not for everyone. */
const isGone = /^(ROOM_NOT_FOUND|UNAUTHORIZED)$/;

describe("participant and feed, after their hub restarted", () => {
  const makeFolder = useTempFolders();
  let folder: string;
  let provider: FakeProvider;
  let hub: Hub;
  let room: RoomSummary;
  let token: string | undefined;
  let clock: FakeClock;
  let session: ParticipantSession;
  let log: FeedLog;

  const startHub = async (port = 0) =>
    createHub({ port, store: await openFileRoomStore(folder, assert.fail) });

  beforeEach(async () => {
    folder = await makeFolder();
    provider = await startFakeProvider({ models: ["plain"], answer: () => "Still here." });
    hub = await startHub();
    const made = await new HubClient(hub.url).createRoom({ name: "Team", access: "protected" });
    room = made.room;
    token = made.memberToken;
    clock = new FakeClock(Date.now());
    session = new ParticipantSession({
      ...{ hubUrl: hub.url, roomCode: room.code, participantId: "ada", nickname: "Ada" },
      ...{ endpoint: provider.url, model: "plain", memberToken: token, clock },
    });
    await session.start();
    log = new FeedLog({ hubUrl: hub.url, room, token, clock });
    await log.shows("ada online");
  });
  afterEach(async () => {
    log.feed.dispose();
    await session.stop();
    await hub.close();
    await provider.close();
    assert.equal(clock.pendingTimers, 0);
  });

  /** Lets time pass in steps, as long as what it sets off takes. @returns how much passed */
  async function passUntil(check: () => boolean): Promise<number> {
    const from = clock.now();
    await eventually(() => {
      if (check()) return true;
      clock.advance(100);
      return false;
    });
    return clock.now() - from;
  }
  const areBack = () =>
    session.state.state === "sharing" &&
    log.feed.state.phase.state === "live" &&
    JSON.stringify(log.people) === '["ada online"]';

  for (const [what, awayMs] of [
    ["a moment", 500],
    ["a minute", 60_000],
    ["an hour", HOUR_MS],
  ] as const) {
    it(`R9: are back within a heartbeat of a hub that was away for ${what}`, async () => {
      const { port } = hub;
      await hub.close();
      await eventually(() => session.state.state === "reconnecting");
      // Each try fails before the next is waited for.
      for (let passed = 0; passed < awayMs; ) passed += await pass(Math.min(awayMs - passed, 5_000));
      hub = await startHub(port);
      const backMs = await passUntil(areBack);
      assert.ok(backMs <= HEARTBEAT_MS, `${backMs} ms`);
      const { text } = await collectChat({ hubUrl: hub.url, roomCode: room.code, token, model: "ada" });
      assert.equal(text, "Still here.");
    }).timeout(60_000);
  }

  async function pass(ms: number): Promise<number> {
    const settled = () => session.state.state === "reconnecting" && log.feed.state.phase.state === "lost";
    await eventually(settled);
    clock.advance(ms);
    return ms;
  }

  it("R9: a hub without its data has lost the room: both say so and go on asking", async () => {
    const { port } = hub;
    await hub.close();
    hub = await createHub({ port });
    await passUntil(() => {
      const { state } = session;
      const { phase } = log.feed.state;
      return (
        state.state === "reconnecting" &&
        isGone.test(state.error.code) &&
        phase.state === "lost" &&
        isGone.test(phase.error.code)
      );
    });
  });
});
