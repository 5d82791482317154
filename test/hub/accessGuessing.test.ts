import assert from "node:assert/strict";
import { networkOf, plainAddress } from "../../src/hub/clientAddress";
import { FailedAttempts } from "../../src/hub/failedAttempts";
import { Passwords } from "../../src/hub/password";
import { Refusal } from "../../src/hub/refusal";
import { paths } from "../../src/protocol/paths";
import { FakeClock } from "../support/fakeClock";
import { requestFrom } from "../support/requestFrom";
import { bearer, startHub, type TestHub } from "../support/startHub";

const card = { nickname: "Ada", model: "m", endpoint: "http://localhost:1" };
const noToken = "A".repeat(43);

/** Seconds that an address is to wait, or 0. */
function pauseOf(attempts: FailedAttempts, address: string): number {
  try {
    attempts.begin(address);
    return 0;
  } catch (error) {
    assert.ok(error instanceof Refusal);
    assert.equal(error.status, 429);
    return Number(error.headers["retry-after"]);
  }
}

describe("hub: guessing", () => {
  it("A13: five mistakes are free, then the pause doubles from 1 s to 60 s", () => {
    const clock = new FakeClock();
    const attempts = new FailedAttempts(clock, 100);
    for (let i = 0; i < 5; i++) assert.equal(pauseOf(attempts, "10.0.0.1"), 0);
    for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
      assert.equal(pauseOf(attempts, "10.0.0.1"), seconds);
      clock.advance(seconds * 1_000 - 1);
      assert.equal(pauseOf(attempts, "10.0.0.1"), 1, "not a moment earlier; asking makes it no longer");
      clock.advance(1);
      assert.equal(pauseOf(attempts, "10.0.0.1"), 0);
    }
    assert.equal(pauseOf(attempts, "10.0.0.2"), 0, "another's mistakes are not its own");
    clock.advance(900_000);
    for (let i = 0; i < 5; i++) assert.equal(pauseOf(attempts, "10.0.0.1"), 0);
  });

  it("A13: what an address does right does not excuse its guesses", () => {
    const attempts = new FailedAttempts(new FakeClock(), 100);
    for (let i = 0; i < 4; i++) {
      attempts.begin("10.0.0.1");
      attempts.begin("10.0.0.1").succeed();
    }
    attempts.begin("10.0.0.1");
    assert.equal(pauseOf(attempts, "10.0.0.1"), 1);
  });

  it("A13: whoever is right after a pause leaves none behind for others at the address", () => {
    const clock = new FakeClock();
    const attempts = new FailedAttempts(clock, 100);
    for (let i = 0; i < 6; i++) {
      attempts.begin("10.0.0.1");
      clock.advance(i < 4 ? 0 : 2_000);
    }
    for (let i = 0; i < 5; i++) attempts.begin("10.0.0.1").succeed();
    attempts.begin("10.0.0.1");
    assert.equal(pauseOf(attempts, "10.0.0.1"), 4, "and is no excuse for the next mistake");
  });

  it("A13: a clock that is set back lets nobody wait for longer than a minute", () => {
    const clock = new FakeClock();
    const attempts = new FailedAttempts(clock, 100);
    for (let i = 0; i < 9; i++) {
      pauseOf(attempts, "10.0.0.1");
      clock.advance(60_000);
    }
    pauseOf(attempts, "10.0.0.1");
    clock.leap(-3_600_000);
    assert.ok(pauseOf(attempts, "10.0.0.1") <= 60);
    clock.advance(60_000);
    assert.equal(pauseOf(attempts, "10.0.0.1"), 0);
  });

  it("A13: remembers a bounded number of addresses, the latest", () => {
    const attempts = new FailedAttempts(new FakeClock(), 10);
    for (let i = 0; i < 5; i++) attempts.begin("10.0.0.1");
    for (let i = 0; i < 9; i++) attempts.begin(`10.0.1.${i}`);
    assert.equal(pauseOf(attempts, "10.0.0.1"), 1);
    attempts.begin("10.0.1.10");
    assert.equal(pauseOf(attempts, "10.0.0.1"), 0);
  });

  it("A13: a /64 of IPv6 is one address, and IPv4 has one spelling", () => {
    assert.equal(networkOf("2001:db8:0:1::7"), networkOf("2001:0db8:0000:0001:ffff:1:2:3"));
    assert.notEqual(networkOf("2001:db8:0:1::7"), networkOf("2001:db8:0:2::7"));
    assert.equal(networkOf("::1"), "0:0:0:0");
    assert.equal(networkOf("fe80::"), "fe80:0:0:0");
    assert.equal(networkOf("10.0.0.1"), "10.0.0.1");
    assert.equal(plainAddress("::ffff:10.0.0.1"), "10.0.0.1");
    assert.equal(plainAddress("fe80::1%eth0"), "fe80::1");
  });

  it("A14: of many passwords that come at once few are worked on, some wait and the rest are refused", async () => {
    const passwords = new Passwords();
    const all = await Promise.allSettled(Array.from({ length: 60 }, (_, i) => passwords.hash(`p${i}`)));
    const refused = all.filter(({ status }) => status === "rejected");
    assert.equal(refused.length, 60 - 34);
    for (const each of refused) {
      assert.ok(each.status === "rejected" && each.reason instanceof Refusal);
      assert.ok(each.reason.headers["retry-after"]);
    }
    const hash = await passwords.hash("again");
    assert.ok(await passwords.verify("again", hash), "every place is free again");
    assert.equal(await passwords.verify("other", hash), undefined);
    assert.equal(await passwords.verify("other", undefined), undefined);
  });
});

describe("hub: guessing over the network", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub({ open: false });
  });
  afterEach(() => t.hub.close());

  it("A13: of passwords that come in parallel five are looked at, and the right one among the rest is not", async () => {
    const { code } = await t.makeProtectedRoom({ password: "right" });
    const guess = (password: string) => t.ask("POST", paths.roomToken(code), { password });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => guess(`wrong${i}`)));
    const statuses = answers.map(({ status }) => status).sort();
    assert.deepEqual(statuses, [...Array(5).fill(401), ...Array(15).fill(429)]);
    const refused = answers.find(({ status }) => status === 429);
    assert.equal(refused?.body.error.code, "TOO_MANY_REQUESTS");
    assert.ok(refused?.body.error.hint);
    assert.equal(refused?.headers.get("retry-after"), "1");
    assert.equal((await guess("right")).status, 429);
    const put = await t.ask("PUT", paths.participant(code, "p"), { ...card, password: "right" });
    assert.equal(put.status, 429, "a registration guesses as well");
    t.clock.advance(1_000);
    assert.equal((await guess("right")).status, 200);
  });

  it("A13: tokens and codes are slowed alike, and a right token is taken at any time", async () => {
    const { code, memberToken, hostToken } = await t.makeProtectedRoom();
    const { participantToken = "" } = await t.register(code, "p1", {}, bearer(memberToken));
    const guess = (room: string) => t.ask("GET", paths.room(room), undefined, bearer(noToken));
    for (let i = 0; i < 5; i++) assert.equal((await guess(i % 2 ? code : `ZZZZZ${i}`)).status, 401);
    assert.equal((await guess(code)).status, 429);
    assert.equal((await guess("ZZZZZZ")).status, 429);
    const tunnel = `${paths.tunnel(code, "p1")}?token=${noToken}`;
    assert.equal((await t.ask("GET", tunnel)).status, 429);
    const stranger = bearer(memberToken, noToken);
    assert.equal((await t.ask("DELETE", paths.participant(code, "p1"), undefined, stranger)).status, 429);
    for (const token of [memberToken, hostToken]) {
      assert.equal((await t.ask("GET", paths.room(code), undefined, bearer(token))).status, 200);
    }
    const own = bearer(participantToken);
    assert.equal((await t.ask("POST", paths.heartbeat(code, "p1"), {}, own)).status, 200);
    const { status } = await t.ask("GET", paths.room(code));
    assert.equal(status, 401, "without a token nothing is guessed, and nothing slowed");
  });

  it("A13: others are not slowed by one's guesses, and no header makes one another", async () => {
    const { code } = await t.makeProtectedRoom({ password: "right" });
    const guess = (from: string, password: string, headers: Record<string, string> = {}) =>
      requestFrom(from, t.url + paths.roomToken(code), { method: "POST", body: { password }, headers });
    for (let i = 0; i < 5; i++) await guess("127.0.0.2", "wrong");
    for (const name of ["x-forwarded-for", "forwarded", "x-real-ip", "cf-connecting-ip", "true-client-ip"]) {
      const headers = { [name]: name === "forwarded" ? "for=10.1.1.1" : "10.1.1.1" };
      assert.equal((await guess("127.0.0.2", "right", headers)).status, 429, name);
    }
    assert.equal((await guess("127.0.0.3", "right")).status, 200);
  });

  it("A6, A7: nobody takes an id over from another address, in either kind of room", async () => {
    const open = await t.makeRoom({ name: "Open", access: "open" });
    await t.register(open, "p1");
    const put = { method: "PUT", body: card, headers: { "x-forwarded-for": "127.0.0.1" } };
    const path = paths.participant(open, "p1");
    assert.equal((await requestFrom("127.0.0.2", t.url + path, put)).status, 403);
    const beat = { method: "POST", body: { status: "offline" } };
    assert.equal((await requestFrom("127.0.0.2", t.url + paths.heartbeat(open, "p1"), beat)).status, 403);
    assert.equal((await requestFrom("127.0.0.2", t.url + path, { method: "DELETE" })).status, 403);
    const { code, memberToken } = await t.makeProtectedRoom();
    const { participantToken = "" } = await t.register(code, "p1", {}, bearer(memberToken));
    const moved = { method: "PUT", body: card, ...bearer(participantToken) };
    assert.equal((await requestFrom("127.0.0.2", t.url + paths.participant(code, "p1"), moved)).status, 200);
  });
});
