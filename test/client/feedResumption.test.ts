import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import fc from "fast-check";
import { hubFeatures } from "../../src/protocol/hubFeatures";
import { openCuttableLine } from "../support/cuttableLine";
import { eventually } from "../support/eventually";
import { FakeClock } from "../support/fakeClock";
import { startHub } from "../support/startHub";
import { FeedLog } from "./feedLog";
import { type Behaviour, beginStream, type RawHub, startRawHub } from "./rawHub";
import { participant, room } from "./samples";

/** What is shown and what the hub lists, but for the times that only say "still here". */
const facts = (list: Iterable<{ id: string; nickname: string; status: string; model: string }>) =>
  [...list].map(({ id, nickname, status, model }) => `${id} ${nickname} ${status} ${model}`);

describe("RoomFeed, coming back", () => {
  let open: ServerResponse[];
  let hub: RawHub;
  let clock: FakeClock;
  let log: FeedLog | undefined;
  const stream: Behaviour = (_, response) => {
    beginStream(response);
    open.push(response);
  };

  beforeEach(async () => {
    open = [];
    clock = new FakeClock(Date.now());
    hub = await startRawHub({ hub: stream });
  });
  afterEach(async () => {
    log?.feed.dispose();
    await hub.close();
    assert.equal(clock.pendingTimers, 0);
  });

  const follow = (features: readonly string[] = hubFeatures) => {
    log = new FeedLog({ hubUrl: hub.at("hub"), room: room(), clock, features, random: () => 0 });
    return log;
  };
  const connection = async (nth: number) => {
    await eventually(() => open.length === nth);
    return open[nth - 1] as ServerResponse;
  };
  const send = (response: ServerResponse, id: string, type: string, data: unknown) => {
    const event = { type, timestamp: clock.now(), roomCode: "ROOM23", data };
    response.write(`id: ${id}\nevent: ${type}\ndata: ${JSON.stringify(event)}\n\n`);
  };
  const snapshot = (...ids: string[]) => ({ room: room(), participants: ids.map((id) => participant(id)) });
  const lastEventId = (nth: number) => hub.requests[nth - 1]?.headers["last-event-id"];
  /** A connection that lasted makes the next one begin at once. */
  const cut = (response: ServerResponse) => {
    clock.advance(6_000);
    response.destroy();
  };

  it("R8: says which event was its last, and goes on from there without a list", async () => {
    const feed = follow();
    const first = await connection(1);
    assert.equal(lastEventId(1), undefined);
    send(first, "e-7", "connected", snapshot("a", "b"));
    await feed.phase("live");
    send(first, "e-8", "participant.left", { participantId: "a" });
    await eventually(() => feed.people.length === 1);
    cut(first);
    const second = await connection(2);
    assert.equal(lastEventId(2), "e-8");
    send(second, "e-8", "connected", { clientId: "c", resumed: true });
    send(second, "e-9", "participant.joined", participant("c"));
    await eventually(() => feed.people.length === 2);
    cut(second);
    await connection(3);
    assert.equal(lastEventId(3), "e-9");
    assert.deepEqual(feed.phases, ["live"]);
    assert.equal(hub.requests.length, 3, "the list was never asked for");
  });

  it("R8: a snapshot in place of what was missed counts", async () => {
    const feed = follow();
    const first = await connection(1);
    send(first, "e-7", "connected", snapshot("a", "b"));
    await feed.phase("live");
    cut(first);
    const second = await connection(2);
    send(second, "f-0", "connected", snapshot("c"));
    await eventually(() => feed.people.length === 1 && feed.people[0]?.startsWith("c"));
    cut(second);
    await connection(3);
    assert.equal(lastEventId(3), "f-0");
  });

  it("R8: tells a hub without that addition no id, and sends back none that is no header", async () => {
    const feed = follow(hubFeatures.filter((each) => each !== "events.resume"));
    const first = await connection(1);
    send(first, "e-7", "connected", snapshot("a"));
    await feed.phase("live");
    cut(first);
    await connection(2);
    assert.equal(lastEventId(2), undefined);
    feed.feed.dispose();

    const other = follow();
    const third = await connection(3);
    send(third, "e-1", "connected", snapshot("a"));
    for (const id of ["\u00e9", "a b", "x".repeat(201), "\u0001"]) {
      send(third, id, "participant.updated", participant("a", { nickname: `n${id}` }));
    }
    await eventually(() => [...other.feed.state.participants.values()][0]?.nickname === "n\u0001");
    cut(third);
    await connection(4);
    assert.equal(lastEventId(4), "e-1");
  });

  it("R8: a hub that says resumed to who told no id is not believed: the list is read", async () => {
    const feed = follow();
    send(await connection(1), "e-1", "connected", { resumed: true });
    await eventually(() => hub.requests.some(({ path }) => path.endsWith("/participants")));
    assert.equal(feed.feed.state.phase.state, "connecting");
  });
});

describe("RoomFeed on our hub, cut at random", () => {
  const mend = { type: "mend" as const };
  const act = fc.oneof(
    fc.record({ type: fc.constant("put" as const), id: fc.nat(4), nickname: fc.nat(9) }),
    fc.record({ type: fc.constant("leave" as const), id: fc.nat(4) }),
    // More than the hub keeps: then it must be a snapshot.
    fc.record({ type: fc.constant("many" as const), id: fc.nat(4) }),
    fc.constant({ type: "cut" as const }),
    fc.constant(mend),
  );

  /** More of one participant than are told at once (L7). */
  const changesBeyondPace = [...Array.from({ length: 6 }, () => ({ type: "many" as const, id: 0 })), mend];

  it("C2, R8: its state equals the hub's list after every reconnection", async () => {
    const hub = await startHub({ limits: { eventsKept: 10 } });
    const greetings = { resumed: 0, snapshots: 0 };
    const line = await openCuttableLine(hub.hub.port, (bytes) => {
      if (bytes.includes('"resumed":true')) greetings.resumed++;
      if (bytes.includes('"participants":[')) greetings.snapshots++;
    });
    try {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 25 }), async (acts) => {
          const code = await hub.makeRoom();
          const clock = new FakeClock(hub.clock.now());
          const summary = (await hub.ask("GET", `/v1/rooms/${code}`)).body.data;
          const log = new FeedLog({ hubUrl: line.url, room: summary, clock, features: hubFeatures });
          const same = () => {
            // In which the hub tells what came after more changes than it tells at once.
            hub.clock.advance(1_000);
            return eventually(async () => {
              if (log.feed.state.phase.state !== "live") log.feed.reconnectNow();
              const listed = (await hub.ask("GET", `/v1/rooms/${code}/participants`)).body.data;
              assert.deepEqual(facts(log.feed.state.participants.values()), facts(listed));
              assert.equal(log.feed.state.phase.state, "live");
            });
          };
          try {
            await same();
            for (const each of acts) {
              if (each.type === "put")
                await hub.register(code, `p${each.id}`, { nickname: `n${each.nickname}` });
              if (each.type === "leave")
                await hub.ask("DELETE", `/v1/rooms/${code}/participants/p${each.id}`);
              if (each.type === "many") {
                for (let n = 0; n < 12; n++)
                  await hub.register(code, `p${each.id}`, { nickname: `many${n}` });
              }
              if (each.type === "cut") line.cut();
              if (each.type === "mend") {
                line.mend();
                await same();
              }
            }
            line.mend();
            await same();
          } finally {
            log.feed.dispose();
            assert.equal(clock.pendingTimers, 0);
          }
        }),
        { numRuns: 25, examples: [[changesBeyondPace]] },
      );
    } finally {
      await line.close();
      await hub.hub.close();
    }
    assert.ok(greetings.resumed > 5 && greetings.snapshots > 25, JSON.stringify(greetings));
  }).timeout(60_000);
});
