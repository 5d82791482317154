import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw } from "../support/rawParticipant";
import { bearer, type MadeRoom, startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const card = { nickname: "Ada", model: "m", endpoint: "http://localhost:1" };

describe("hub: what the host may do", () => {
  let t: TestHub;
  let made: MadeRoom;
  beforeEach(async () => {
    t = await startHub({ open: false });
    made = await t.makeProtectedRoom();
  });
  afterEach(() => t.hub.close());

  const host = () => bearer(made.hostToken);
  const member = () => bearer(made.memberToken);

  it("A9: only the host token renames, closes or voids; a member's is told so", async () => {
    const { code } = made;
    const { participantToken = "" } = await t.register(code, "p1", {}, member());
    for (const [method, path] of [
      ["PATCH", paths.room(code)],
      ["DELETE", paths.room(code)],
      ["POST", paths.memberToken(code)],
    ] as const) {
      const refused = await t.ask(method, path, { name: "Mine" }, member());
      assert.equal(refused.status, 403, path);
      assert.equal(refused.body.error.code, "FORBIDDEN");
      assert.equal((await t.ask(method, path, { name: "Mine" }, bearer(participantToken))).status, 401);
      const open = await t.makeRoom({ name: "Open", access: "open" });
      assert.equal((await t.ask(method, path.replace(code, open), { name: "Mine" })).status, 403);
      assert.equal((await t.ask(method, path.replace(code, "ZZZZZZ"), { name: "Mine" })).status, 401);
    }
  });

  it("A9: the host changes name and defaults, and whoever watches hears of it once", async () => {
    const { code } = made;
    const log = await watchEvents(t.url + paths.events(code), member().headers);
    const defaults = { temperature: 0.5, instructions: "Answer in verse." };
    const { status, body } = await t.ask("PATCH", paths.room(code), { name: " New ", defaults }, host());
    assert.equal(status, 200);
    assert.equal(body.data.name, "New");
    assert.deepEqual(body.data.defaults, { temperature: 0.5, hasInstructions: true });
    const { data } = await log.next("room.updated");
    assert.equal(data.name, "New");
    assert.ok(!JSON.stringify(data).includes("verse"));
    await t.ask("PATCH", paths.room(code), { name: "New" }, host());
    await t.ask("PATCH", paths.room(code), { name: "Newer" }, host());
    assert.equal((await log.next("room.updated")).data.name, "Newer", "what stayed as it was is no news");
    assert.equal((await t.ask("PATCH", paths.room(code), {}, host())).status, 400);
    assert.equal((await t.ask("PATCH", paths.room(code), { name: "x".repeat(201) }, host())).status, 400);
    const shown = await t.ask("GET", paths.room(code), undefined, member());
    assert.deepEqual(shown.body.data.defaults, { temperature: 0.5, hasInstructions: true });
    log.stop();
  });

  it("A10: closing a room ends its streams, tunnels, tokens and requests, and it is gone", async () => {
    const { code } = made;
    const log = await watchEvents(t.url + paths.events(code), member().headers);
    const p = await joinRaw(t, code, "p1", { init: member() });
    const { tunnel } = await t.register(code, "p2", {}, member());
    const running = t.chat(code, { stream: true }, member());
    await p.nextRequest();
    assert.equal((await t.ask("DELETE", paths.room(code), undefined, host())).status, 200);
    await log.next("room.closed");
    await eventually(() => log.ended);
    assert.equal((await p.closed).code, 4004);
    assert.equal((await running).status, 502);
    for (const init of [member(), host()]) {
      assert.equal((await t.ask("GET", paths.room(code), undefined, init)).status, 401);
      assert.equal((await t.ask("DELETE", paths.room(code), undefined, init)).status, 401);
    }
    const upgrade = await t.ask("GET", `${paths.tunnel(code, "p2")}?token=${tunnel.token}`);
    assert.equal(upgrade.status, 401);
    assert.equal((await t.ask("GET", paths.rooms, undefined, host())).body.data.length, 0);
  });

  it("A11: voiding the member token cuts who watches with it, and leaves participants their own", async () => {
    const { code } = made;
    const old = member();
    const log = await watchEvents(t.url + paths.events(code), old.headers);
    const hosts = await watchEvents(t.url + paths.events(code), host().headers);
    const p = await joinRaw(t, code, "p1", { init: old });
    const { participantToken = "" } = await t.register(code, "p2", {}, old);
    const { status, body } = await t.ask("POST", paths.memberToken(code), undefined, host());
    assert.equal(status, 200);
    const fresh = bearer(body.data.memberToken);
    await eventually(() => log.ended);
    assert.equal((await t.ask("GET", paths.participants(code), undefined, old)).status, 401);
    assert.equal((await t.ask("GET", paths.participants(code), undefined, fresh)).status, 200);
    assert.equal(
      (await t.ask("PUT", paths.participant(code, "p2"), card, bearer(participantToken))).status,
      200,
    );
    assert.equal(p.socket.readyState, p.socket.OPEN);
    await hosts.next("connected");
    assert.equal(hosts.ended, false);
    hosts.stop();
  });

  it("A11: voids what the password was exchanged for too; the password yields the next one", async () => {
    const { code, hostToken } = await t.makeProtectedRoom({ password: "secret" });
    const exchange = async () =>
      (await t.ask("POST", paths.roomToken(code), { password: "secret" })).body.data.memberToken;
    const first = await exchange();
    await t.ask("POST", paths.memberToken(code), undefined, bearer(hostToken));
    assert.equal((await t.ask("GET", paths.room(code), undefined, bearer(first))).status, 401);
    const second = await exchange();
    assert.notEqual(second, first);
    assert.equal((await t.ask("GET", paths.room(code), undefined, bearer(second))).status, 200);
  });

  it("A11: a request whose body is still coming when its token is voided is refused", async () => {
    const { code } = made;
    const question = { model: "*", messages: [{ role: "user", content: "hello" }] };
    const begun = [
      ["PUT", paths.participant(code, "p1"), card],
      ["POST", paths.chatCompletions(code), question],
      ["POST", paths.responses(code), { model: "*", input: "hello" }],
    ] as const;
    const clients: RawHttp[] = [];
    for (const [method, path, body] of begun) {
      const { length } = JSON.stringify(body);
      const head = [
        "Host: localhost",
        "Connection: close",
        "Expect: 100-continue",
        `Content-Length: ${length}`,
      ];
      const { authorization } = member().headers;
      const lines = [`${method} ${path} HTTP/1.1`, ...head, `Authorization: ${authorization}`];
      clients.push(new RawHttp(t.hub.port).write(`${lines.join("\r\n")}\r\n\r\n`));
    }
    await eventually(() => clients.every(({ status }) => status === 100));
    await t.ask("POST", paths.memberToken(code), undefined, host());
    for (const [at, client] of clients.entries()) {
      await client.write(JSON.stringify(begun[at]?.[2])).closed;
      assert.match(client.received, /\r\nHTTP\/1\.1 401 /, begun[at]?.[1]);
    }
    assert.equal(await t.participant(code, "p1", host()), undefined);
  });

  it("A12: the host removes any participant, and frees the id of one that is away", async () => {
    const { code } = made;
    const p = await joinRaw(t, code, "p1", { init: member() });
    assert.equal((await t.ask("DELETE", paths.participant(code, "p1"), undefined, host())).status, 200);
    assert.equal((await p.closed).code, 4002);
    await t.register(code, "p2", {}, member());
    t.clock.advance(700_000);
    const path = paths.participant(code, "p2");
    assert.equal((await t.ask("PUT", path, card, member())).status, 403);
    assert.equal((await t.ask("DELETE", path, undefined, host())).status, 200);
    assert.equal((await t.ask("DELETE", path, undefined, host())).status, 404);
    assert.equal((await t.ask("PUT", path, card, member())).status, 201);
  });

  it("A12: a card that the host changed is still its owner's", async () => {
    const { code } = made;
    const { participantToken = "" } = await t.register(code, "p1", {}, member());
    const path = paths.participant(code, "p1");
    const changed = await t.ask("PUT", path, { ...card, nickname: "Changed" }, host());
    assert.equal(changed.status, 200);
    assert.equal(changed.body.data.participantToken, undefined);
    assert.equal(
      (await t.ask("POST", paths.heartbeat(code, "p1"), {}, bearer(participantToken))).status,
      200,
    );
  });
});
