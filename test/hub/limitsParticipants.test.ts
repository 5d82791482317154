import assert from "node:assert/strict";
import type { HubLimits } from "../../src/hub/limits";
import { paths } from "../../src/protocol/paths";
import { joinRaw } from "../support/rawParticipant";
import { requestFrom } from "../support/requestFrom";
import { bearer, startHub, type TestHub } from "../support/startHub";

const card = { nickname: "n", model: "m", endpoint: "http://localhost:1" };

describe("hub: places for participants", () => {
  let t: TestHub;
  let code: string;
  afterEach(() => t.hub.close());

  const start = async (limits: Partial<HubLimits>) => {
    t = await startHub({ limits });
    code = await t.makeRoom();
  };
  const put = async (id: string, body: object = {}, { from = "127.0.0.1", room = code } = {}) =>
    requestFrom(from, t.url + paths.participant(room, id), { method: "PUT", body: { ...card, ...body } });
  const refused = async (answer: ReturnType<typeof put>, message: RegExp) => {
    const { status, body, headers } = await answer;
    assert.equal(status, 429);
    assert.equal(body.error.code, "LIMIT_REACHED");
    assert.match(body.error.message, message);
    assert.ok(body.error.hint.length > 0);
    assert.ok(Number(headers.get("retry-after")) > 0);
  };

  it("L5: a hub has so many participants in all its rooms, and one address a part of them", async () => {
    await start({ participants: 3, participantsPerAddress: 2 });
    const other = await t.makeRoom();
    assert.equal((await put("p1")).status, 201);
    assert.equal((await put("p2", {}, { room: other })).status, 201);
    await refused(put("p3"), /address/);
    assert.equal((await put("p1", { model: "other" })).status, 200, "a card may change all the same");
    assert.equal((await put("p3", {}, { from: "127.0.0.2" })).status, 201);
    await refused(put("p4", {}, { from: "127.0.0.3" }), /hub/);
    await t.ask("DELETE", paths.participant(code, "p1"));
    assert.equal((await put("p4", {}, { from: "127.0.0.3" })).status, 201);
  });

  it("L5: one address does not keep others from sharing in a room, and nobody loses a place to an equal", async () => {
    await start({ participantsPerRoom: 4 });
    for (const id of ["p1", "p2", "p3"]) assert.equal((await put(id)).status, 201);
    const p = await joinRaw(t, code, "p4");
    const full = async (answer: ReturnType<typeof put>) =>
      assert.equal((await answer).body.error?.code, "LIMIT_REACHED");
    await full(put("p5"));
    const from = "127.0.0.2";
    for (const id of ["q1", "q2"]) assert.equal((await put(id, {}, { from })).status, 201);
    await full(put("q3", {}, { from }));
    await full(put("p2"));
    const ids = (await t.ask("GET", paths.participants(code))).body.data.map(({ id }: { id: string }) => id);
    // The newest that serves nobody went first, and whose tunnel is open stays.
    assert.deepEqual(ids.sort(), ["p1", "p4", "q1", "q2"]);
    assert.equal(p.socket.readyState, p.socket.OPEN);
    assert.equal(
      (await put("p2", {}, { from })).status,
      403,
      "the id of one that gave way is its owner's still",
    );
  });

  it("L5: a room that is closed gives its places back", async () => {
    await start({ participants: 1 });
    const made = await t.makeProtectedRoom({ access: "open" });
    assert.equal((await put("p1", {}, { room: made.code })).status, 201);
    await refused(put("p1"), /hub/);
    await t.ask("DELETE", paths.room(made.code), undefined, bearer(made.hostToken));
    assert.equal((await put("p1")).status, 201);
  });

  it("L5: cards share a bound in bytes, and a card that grows over it stays as it was", async () => {
    await start({ cardBytesTogether: 100_000, cardBytesPerAddress: 60_000 });
    const long = { config: { instructions: "漢".repeat(20_000) } };
    assert.equal((await put("p1", long)).status, 201);
    await refused(put("p2", long), /address/);
    assert.equal((await put("p2", { nickname: "before" })).status, 201);
    await refused(put("p2", { nickname: "after", ...long }), /address/);
    assert.equal((await t.participant(code, "p2")).nickname, "before");
    assert.equal((await put("p3", long, { from: "127.0.0.2" })).status, 201);
    await refused(put("p4", long, { from: "127.0.0.3" }), /hub/);
    assert.equal((await put("p1", {})).status, 200, "a shorter card frees bytes");
    assert.equal((await put("p4", long, { from: "127.0.0.3" })).status, 201);
  });

  it("M12: what all see of a card is short, however much its letters take as JSON", async () => {
    await start({});
    const isRefused = async (body: object, field: RegExp) => {
      const answer = await put("p1", body);
      assert.equal(answer.status, 400);
      assert.equal(answer.body.error.code, "INVALID_REQUEST");
      assert.match(answer.body.error.message, field);
    };
    const stop = (count: number) => ({ config: { stop: Array(count).fill("\u0001".repeat(200)) } });
    await isRefused(stop(4), /4096 bytes/);
    assert.equal((await put("p1", stop(3))).status, 201);
    assert.equal(
      (await put("p2", { config: { instructions: "\n".repeat(2) + "i".repeat(19_000) } })).status,
      201,
    );
    for (const [field, body] of [
      ["nickname", { nickname: "a\u0001b" }],
      ["model", { model: "a\nb" }],
    ] as const) {
      await isRefused(body, new RegExp(`${field}: must not have control characters`));
    }
    // Nobody has typed them.
    assert.equal((await put("p3", { specs: { gpu: "\u001b[2JRTX", cpu: "EPYC\ud800\n" } })).status, 201);
    assert.deepEqual((await t.participant(code, "p3")).specs, { gpu: " [2JRTX", cpu: "EPYC " });
    assert.equal(
      (await put("p3", { specs: { gpu: `${"g".repeat(199)}😀`, cpu: "c".repeat(300) } })).status,
      200,
    );
    assert.deepEqual((await t.participant(code, "p3")).specs, {
      gpu: `${"g".repeat(199)} `,
      cpu: "c".repeat(200),
    });
  });

  it("M12: the same of a room's name and defaults", async () => {
    await start({});
    const stop = Array(8).fill("\u0001".repeat(200));
    for (const body of [{ name: "a\u0001b" }, { name: "a", defaults: { stop } }]) {
      assert.equal((await t.ask("POST", paths.rooms, body)).status, 400);
    }
  });

  it("S5: whoever opened no tunnel in time has left, its id stays its owner's, and its place is free", async () => {
    await start({ participants: 2 });
    await joinRaw(t, code, "connected").then(({ socket, closed }) => {
      socket.close();
      return closed;
    });
    assert.equal((await put("p1")).status, 201);
    t.clock.advance(59_000);
    assert.equal((await put("p1")).status, 200, "a newer token has 60 s of its own");
    t.clock.advance(59_000);
    assert.equal((await t.participant(code, "p1")).status, "offline");
    await refused(put("p2", {}, { from: "127.0.0.2" }), /hub/);
    t.clock.advance(1_000);
    assert.equal(await t.participant(code, "p1"), undefined);
    assert.equal((await t.participant(code, "connected")).status, "offline");
    assert.equal((await put("p1", {}, { from: "127.0.0.2" })).status, 403);
    assert.equal((await put("p2", {}, { from: "127.0.0.2" })).status, 201);
  });
});
