import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import type { RoomFeed } from "../../src/client/roomFeed";
import { createHub } from "../../src/hub/createHub";
import type { RoomSummary } from "../../src/protocol/room";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { assertHumanError, rejectsWith } from "./assertHumanError";
import { collectChat } from "./collectChat";
import { FeedLog } from "./feedLog";

const chunk = (content: string) => `data: ${JSON.stringify({ choices: [{ delta: { content } }] })}\n\n`;
const last = `data: ${JSON.stringify({ choices: [{ delta: {}, finish_reason: "stop" }] })}\n\ndata: [DONE]\n\n`;
const streamHead = { "content-type": "text/event-stream" };

describe("the client on our hub", () => {
  let hub: TestHub;
  let client: HubClient;
  let room: RoomSummary;
  let log: FeedLog;
  let feedClock: FakeClock;

  beforeEach(async () => {
    hub = await startHub({ limits: { maxQueue: 0 } });
    client = new HubClient(hub.url);
    room = (await client.createRoom({ name: "Team" })).room;
    feedClock = new FakeClock(hub.clock.now());
    log = new FeedLog({ hubUrl: hub.url, room, clock: feedClock, random: () => 0 });
    await log.phase("live");
  });

  afterEach(async () => {
    log.feed.dispose();
    await hub.hub.close();
    assert.equal(feedClock.pendingTimers, 0);
  });

  /** What the hub lists, in the order that it lists. */
  async function listed(): Promise<unknown[]> {
    return (await client.listParticipants(room.code)).map(({ id, status, model, connection }) => {
      return { id, status, model, connected: connection.connected };
    });
  }

  function shown(feed: RoomFeed): unknown[] {
    return [...feed.state.participants.values()].map(({ id, status, model, connection }) => {
      return { id, status, model, connected: connection.connected };
    });
  }

  it("makes, lists and finds rooms, and says which additions the hub has", async () => {
    const health = await client.health();
    assert.ok(health.hub?.features.includes("events.snapshot"));
    assert.deepEqual(log.feed.features, health.hub?.features);
    assert.deepEqual(
      (await client.listRooms()).map(({ code }) => code),
      [room.code],
    );
    assert.equal((await client.getRoom(room.code.toLowerCase())).name, "Team");
    await rejectsWith(client.getRoom("NOROOM"), "ROOM_NOT_FOUND");
    await rejectsWith(client.listParticipants("NOROOM"), "ROOM_NOT_FOUND");
    await rejectsWith(client.removeParticipant(room.code, "nobody"), "PARTICIPANT_NOT_FOUND");
    await rejectsWith(client.createRoom({ name: "" }), "HUB_REFUSED");
  });

  it("tells a room's password from a wrong one, and leaves nobody behind", async () => {
    const { code } = (await client.createRoom({ name: "Secret", password: "right" })).room;
    await client.checkPassword(code, "right");
    await rejectsWith(client.checkPassword(code, "wrong"), "WRONG_PASSWORD");
    await rejectsWith(client.checkPassword("NOROOM", "right"), "ROOM_NOT_FOUND");
    assert.deepEqual(await client.listParticipants(code), []);
  });

  it("C2: shows the hub's list after every change", async () => {
    const same = () => eventually(async () => assert.deepEqual(shown(log.feed), await listed()));
    const ana = await joinRaw(hub, room.code, "ana");
    await log.shows("ana online");
    await same();
    await joinRaw(hub, room.code, "ben", { ours: false });
    await log.shows("ana online", "ben online");
    await same();
    await hub.heartbeat(room.code, "ana", { status: "busy" });
    await log.shows("ana busy", "ben online");
    await hub.heartbeat(room.code, "ana", { status: "online" });
    await log.shows("ana online", "ben online");
    ana.socket.close();
    await log.shows("ana offline", "ben online");
    await same();
    await client.removeParticipant(room.code, "ben");
    await log.shows("ana offline");
    await same();
  });

  it("C2: sees busy while a participant answers, and its metrics afterwards", async () => {
    const ana = await joinRaw(hub, room.code, "ana", { card: { capacity: 1 } });
    const answer = collectChat({ hubUrl: hub.url, roomCode: room.code, model: "ana" });
    const request = await ana.nextRequest();
    await log.shows("ana busy");
    ana.start(request, 200, streamHead);
    ana.chunk(request, chunk("Hi"));
    ana.chunk(request, last);
    ana.end(request);
    assert.equal((await answer).text, "Hi");
    await log.shows("ana online");
    await eventually(() => log.feed.state.lastMetrics.has("ana"));
  });

  it("C4: keeps the room while the hub is away; another hub at its place has lost it", async () => {
    await joinRaw(hub, room.code, "ana");
    await log.shows("ana online");
    await hub.hub.close();
    const lost = await log.phase("lost");
    assert.deepEqual(log.people, ["ana online"]);
    const second = await createHub({ port: hub.hub.port, open: true });
    feedClock.advance(lost.retryAt - feedClock.now());
    await eventually(() => {
      const { phase } = log.feed.state;
      return phase.state === "lost" && phase.error.code === "ROOM_NOT_FOUND";
    });
    await second.close();
  });

  it("C5: streams an answer piece by piece and says who gave it", async () => {
    const ana = await joinRaw(hub, room.code, "ana");
    const pieces: string[] = [];
    const answer = collectChat({ hubUrl: hub.url, roomCode: room.code, model: "model:llama3" }, (part) => {
      if (part.type === "text") pieces.push(part.text);
    });
    const request = await ana.nextRequest();
    assert.deepEqual(request.body.stream_options, { include_usage: true });
    ana.start(request, 200, streamHead);
    for (const word of ["one ", "two ", "three"]) {
      ana.chunk(request, chunk(word));
      await eventually(() => pieces.at(-1) === word);
    }
    ana.chunk(request, last);
    ana.end(request);
    const { parts, done, error } = await answer;
    assert.equal(error, undefined);
    assert.equal(parts[0]?.type === "answering" && parts[0].participantId, "ana");
    assert.deepEqual([done?.finishReason, done?.outputTokens], ["stop", 3]);
  });

  it("C6: a stop reaches the participant as a cancel, and frees it", async () => {
    const ana = await joinRaw(hub, room.code, "ana");
    const abort = new AbortController();
    const stopped = { hubUrl: hub.url, roomCode: room.code, model: "ana", signal: abort.signal };
    const answer = collectChat(stopped, (part) => part.type === "text" && abort.abort());
    const request = await ana.nextRequest();
    ana.start(request, 200, streamHead);
    ana.chunk(request, chunk("Half"));
    assert.equal((await answer).text, "Half");
    const cancel = await ana.nextMessage("tunnel.cancel");
    assert.equal(cancel.requestId, request.requestId);
    ana.fail(request, "cancelled", "cancelled");
    await log.shows("ana online");
  });

  it("C7: a participant that breaks off in the middle fails with what came", async () => {
    const ana = await joinRaw(hub, room.code, "ana");
    const answer = collectChat({ hubUrl: hub.url, roomCode: room.code, model: "ana" });
    const request = await ana.nextRequest();
    ana.start(request, 200, streamHead);
    ana.chunk(request, chunk("Half"));
    ana.socket.terminate();
    const { text, error } = await answer;
    assert.equal(text, "Half");
    assertHumanError(error, "PARTICIPANT_OFFLINE");
  });

  it("C1: says of a refused chat whose fault it is", async () => {
    const ask = async (model: string, roomCode = room.code) =>
      (await collectChat({ hubUrl: hub.url, roomCode, model, targetName: "Ana" })).error;
    assertHumanError(await ask("any", "NOROOM"), "ROOM_NOT_FOUND");
    assertHumanError(await ask("model:none"), "MODEL_NOT_FOUND");
    await hub.register(room.code, "ana");
    assertHumanError(await ask("ana"), "PARTICIPANT_OFFLINE");
    const ana = await joinRaw(hub, room.code, "ana");
    ana.serve((request) => ana.answer(request, { error: { message: "model not found" } }, 500));
    assert.match(assertHumanError(await ask("ana"), "PROVIDER_FAILED").message, /model not found/);
    ana.serve(() => {});
    const abort = new AbortController();
    const busy = collectChat({ hubUrl: hub.url, roomCode: room.code, model: "ana", signal: abort.signal });
    await log.shows("ana busy");
    const error = assertHumanError(await ask("ana"), "PARTICIPANT_BUSY");
    assert.equal(error.message, "Ana is busy with another request.");
    abort.abort();
    await busy;
  });
});
