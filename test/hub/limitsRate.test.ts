import assert from "node:assert/strict";
import { Refusal } from "../../src/hub/refusal";
import { RequestRate } from "../../src/hub/requestRate";
import { paths } from "../../src/protocol/paths";
import { FakeClock } from "../support/fakeClock";
import { requestFrom } from "../support/requestFrom";
import { bearer, startHub, type TestHub } from "../support/startHub";

function isTaken(rate: RequestRate, client: string): boolean {
  try {
    rate.count(client);
    return true;
  } catch (error) {
    assert.ok(error instanceof Refusal && error.status === 429);
    return false;
  }
}

describe("hub: how often a client may ask", () => {
  it("L4: a minute begins with a client's first request, and ends", () => {
    const clock = new FakeClock();
    const rate = new RequestRate(clock, 2, 10);
    assert.deepEqual(
      [1, 2, 3].map(() => isTaken(rate, "a")),
      [true, true, false],
    );
    assert.equal(isTaken(rate, "b"), true);
    clock.advance(59_999);
    assert.equal(isTaken(rate, "a"), false);
    clock.advance(1);
    assert.equal(isTaken(rate, "a"), true);
    isTaken(rate, "a");
    assert.equal(isTaken(rate, "a"), false);
    clock.leap(-3_600_000);
    clock.advance(60_000);
    assert.equal(isTaken(rate, "a"), true, "a clock that is set back keeps nobody waiting");
  });

  it("L4: a bounded number of clients is counted", () => {
    const rate = new RequestRate(new FakeClock(), 1, 3);
    for (const client of ["a", "b", "c"]) rate.count(client);
    assert.equal(isTaken(rate, "a"), false);
    rate.count("d");
    assert.equal(isTaken(rate, "a"), true, "whose minute began first is forgotten");
  });
});

describe("hub: too many requests", () => {
  let t: TestHub;
  const start = async (limits: Record<string, number>) => {
    t = await startHub({ open: false, limits });
  };
  afterEach(() => t.hub.close());

  it("L4: are refused with 429 until the minute is over, each client for itself", async () => {
    await start({ requestsPerMinute: 20 });
    const { code, memberToken, hostToken } = await t.makeProtectedRoom();
    const list = (token: string) => t.ask("GET", paths.participants(code), undefined, bearer(token));
    for (let i = 0; i < 20; i++) assert.equal((await list(memberToken)).status, 200);
    const refused = await list(memberToken);
    assert.equal(refused.status, 429);
    assert.equal(refused.body.error.code, "TOO_MANY_REQUESTS");
    assert.ok(refused.body.error.hint);
    assert.equal(refused.headers.get("retry-after"), "60");
    assert.equal((await t.chat(code, {}, bearer(memberToken))).status, 429);
    assert.equal((await list(hostToken)).status, 200, "another member at the same address");
    const elsewhere = await requestFrom("127.0.0.2", t.url + paths.room(code), bearer(memberToken));
    assert.equal(elsewhere.status, 200);
    t.clock.advance(60_000);
    assert.equal((await list(memberToken)).status, 200);
  });

  it("L4: tokens that do not fit make nobody another client, and no header does", async () => {
    await start({ requestsPerMinute: 10 });
    const code = await t.makeRoom({ name: "Open", access: "open" });
    const statuses = [];
    for (let i = 0; i < 12; i++) {
      const headers = { authorization: `Bearer ${"x".repeat(40)}${i}`, "x-forwarded-for": `10.0.0.${i}` };
      statuses.push((await t.ask("GET", paths.room(code), undefined, { headers })).status);
    }
    assert.equal(statuses.filter((status) => status === 429).length, 3);
    assert.equal((await t.ask("GET", paths.health)).status, 429);
    assert.equal((await t.ask("GET", "/nothing")).status, 429);
  });

  it("L4: the heartbeats of a participant are not counted, those that nobody sends are", async () => {
    await start({ requestsPerMinute: 10 });
    const { code, memberToken } = await t.makeProtectedRoom();
    const { participantToken = "" } = await t.register(code, "p1", {}, bearer(memberToken));
    const beat = (id: string, token: string) =>
      t.ask("POST", paths.heartbeat(code, id), {}, bearer(memberToken, token));
    for (let i = 0; i < 20; i++) {
      t.clock.advance(1_000);
      assert.equal((await beat("p1", participantToken)).status, 200);
    }
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await beat("p1", participantToken)).status);
    assert.ok(statuses.includes(429), "more than one a second is a flood");
    t.clock.advance(60_000);
    const strangers = [];
    for (let i = 0; i < 12; i++) strangers.push((await beat("p2", participantToken)).status);
    assert.deepEqual(strangers.slice(-2), [429, 429]);
  });

  it("L5: one address makes so many rooms in a minute, and a full hub says that it is full", async () => {
    await start({ roomsPerMinute: 2, rooms: 3 });
    const make = () => t.ask("POST", paths.rooms, { name: "Team" });
    await make();
    await make();
    const tooOften = await make();
    assert.equal(tooOften.status, 429);
    assert.equal(tooOften.body.error.code, "TOO_MANY_REQUESTS");
    assert.ok(Number(tooOften.headers.get("retry-after")) > 0);
    const other = await requestFrom("127.0.0.2", t.url + paths.rooms, {
      method: "POST",
      body: { name: "x" },
    });
    assert.equal(other.status, 201);
    t.clock.advance(60_000);
    const full = await make();
    assert.equal(full.status, 429);
    assert.equal(full.body.error.code, "LIMIT_REACHED");
    assert.ok(full.body.error.hint);
  });

  it("L5: a room that is full of participants or watchers says so", async () => {
    await start({ participantsPerRoom: 1, watchersPerRoom: 1 });
    const code = await t.makeRoom({ name: "Open", access: "open" });
    await t.register(code, "p1");
    const card = { nickname: "n", model: "m", endpoint: "http://localhost:1" };
    const second = await t.ask("PUT", paths.participant(code, "p2"), card);
    assert.equal(second.body.error.code, "LIMIT_REACHED");
    const stop = new AbortController();
    await fetch(t.url + paths.events(code), { signal: stop.signal });
    const watcher = await t.ask("GET", paths.events(code));
    assert.equal(watcher.status, 429);
    assert.equal(watcher.body.error.code, "LIMIT_REACHED");
    assert.ok(Number(watcher.headers.get("retry-after")) > 0);
    stop.abort();
  });
});
