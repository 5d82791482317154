import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { openFileRoomStore } from "../../src/hub/fileRoomStore";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, RawParticipant } from "../support/rawParticipant";
import { askChat, type Requester } from "../support/requester";
import { type RequestFrom, requestFrom } from "../support/requestFrom";
import { bearer, startHub, type TestHub } from "../support/startHub";
import { useTempFolders } from "../support/tempFolder";

const MALLORY = "127.0.0.2";
const card = { nickname: "Mallory", model: "evil", endpoint: "http://localhost:1" };
const noToken = "A".repeat(43);

describe("hub: attacks on who somebody is", () => {
  const makeFolder = useTempFolders();
  let t: TestHub;
  const open: { close(): unknown }[] = [];
  beforeEach(async () => {
    t = await startHub();
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.close();
    await t.hub.close();
  });

  const from = async (path: string, options: RequestFrom = {}) =>
    (await requestFrom(MALLORY, t.url + path, options)).status;
  const tunnel = (path: string, token: string) => {
    const participant = new RawParticipant(t.url.replace("http", "ws") + path, token, true);
    open.push(participant.socket);
    return participant;
  };
  const isRefused = async (path: string, token: string) => {
    const { socket, closed } = tunnel(path, token);
    await closed;
    return socket.readyState === WebSocket.CLOSED && socket.protocol === "";
  };

  /** Everything by which somebody else could become p1. */
  const takeOver = async (code: string, tokens: readonly (string | undefined)[]) => {
    const own = paths.participant(code, "p1");
    for (const token of tokens) {
      const headers = token === undefined ? {} : bearer(token, token).headers;
      const beat = { method: "POST", body: { status: "offline" }, headers };
      assert.equal(await from(own, { method: "PUT", body: card, headers }), 403);
      // One that is away is not listed, so that there is nothing to beat for or to remove.
      assert.ok([403, 404].includes(await from(paths.heartbeat(code, "p1"), beat)));
      assert.ok([403, 404].includes(await from(own, { method: "DELETE", headers })));
    }
    assert.notEqual((await t.participant(code, "p1"))?.model, "evil");
  };

  it("A6, A7: nobody takes an id over while it is live, away, or after the hub's restart", async () => {
    const folder = await makeFolder();
    await t.hub.close();
    t = await startHub({ store: await openFileRoomStore(folder, assert.fail) });
    const code = await t.makeRoom();
    const other = await t.register(await t.makeRoom(), "p1");
    const neighbour = await t.register(code, "p2");
    const { participantToken = "" } = await t.register(code, "p1");
    const strangers = [undefined, neighbour.participantToken];
    await takeOver(code, strangers);
    t.clock.advance(600_000);
    assert.deepEqual((await t.ask("GET", paths.participants(code))).body.data, []);
    // Its clock starts anew with each hub, and with it who was slowed.
    await takeOver(code, [undefined, other.participantToken]);
    await t.hub.close();
    t = await startHub({ store: await openFileRoomStore(folder, assert.fail) });
    await takeOver(code, strangers);
    const headers = bearer(participantToken).headers;
    assert.equal(await from(paths.participant(code, "p1"), { method: "PUT", body: card, headers }), 201);
  });

  it("A6: whoever is refused does not disturb the tunnel of the one that it would be", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code, "p1");
    await takeOver(code, [undefined, noToken]);
    const answer = t.chat(code);
    p.answer(await p.nextRequest(), { by: "p1" });
    assert.deepEqual(await (await answer).json(), { by: "p1" });
  });

  it("A6: who floods a room with ids has nobody else's forgotten, listed or not, also over a restart", async () => {
    const folder = await makeFolder();
    await t.hub.close();
    const start = async () =>
      startHub({ store: await openFileRoomStore(folder, assert.fail), limits: { participantsPerRoom: 4 } });
    t = await start();
    const code = await t.makeRoom();
    await t.register(code, "p1");
    t.clock.advance(600_000);
    const flood = async (wave: string) => {
      for (let n = 0; n < 4; n++)
        assert.equal(await from(paths.participant(code, `${wave}${n}`), { method: "PUT", body: card }), 201);
    };
    for (const wave of ["a", "b", "c"]) {
      await flood(wave);
      // All of them are listed, and then none.
      assert.equal(await from(paths.participant(code, "p1"), { method: "PUT", body: card }), 403, wave);
      t.clock.advance(600_000);
    }
    await flood("d");
    await t.hub.close();
    t = await start();
    await takeOver(code, [undefined]);
  });

  it("T1: a tunnel's token opens one tunnel, of its own participant, in its own room", async () => {
    const code = await t.makeRoom();
    const other = await t.makeRoom();
    for (const [room, id] of [
      [code, "p1"],
      [code, "p2"],
      [other, "p1"],
    ] as const) {
      await t.register(room, id);
    }
    const { token } = (await t.register(code, "p1")).tunnel;
    assert.ok(await isRefused(paths.tunnel(code, "p2"), token), "another id");
    assert.ok(await isRefused(paths.tunnel(other, "p1"), token), "another room");
    assert.ok(await isRefused(paths.tunnel(code, "P1"), token), "another spelling");
    const newer = (await t.register(code, "p1")).tunnel.token;
    assert.ok(await isRefused(paths.tunnel(code, "p1"), token), "after a newer one");
    const first = tunnel(paths.tunnel(code, "p1"), newer);
    await eventually(() => first.socket.readyState === WebSocket.OPEN);
    assert.ok(await isRefused(paths.tunnel(code, "p1"), newer), "a second time");
    assert.equal(first.socket.readyState, WebSocket.OPEN, "and the first one lives");
  });

  it("A8: no other token opens a tunnel, and a tunnel's token opens nothing else", async () => {
    const { code, hostToken, memberToken } = await t.makeProtectedRoom();
    const made = await t.register(code, "p1", {}, bearer(memberToken));
    for (const token of [hostToken, memberToken, made.participantToken ?? ""]) {
      assert.ok(await isRefused(paths.tunnel(code, "p1"), token));
    }
    for (const path of [paths.room(code), paths.participants(code), paths.models(code), paths.events(code)]) {
      assert.equal(await from(path, bearer(made.tunnel.token)), 401, path);
    }
  });

  it("A2: a token counts as a bearer alone: not as Basic, in the query, as a cookie, or second", async () => {
    const { code, hostToken, memberToken } = await t.makeProtectedRoom();
    const path = paths.participants(code);
    const basic = Buffer.from(`member:${memberToken}`).toString("base64");
    const others: Record<string, string>[] = [
      { authorization: `Basic ${basic}` },
      { authorization: memberToken },
      { authorization: `Bearer ${memberToken} ${memberToken}` },
      { authorization: `Bearer ${noToken}, Bearer ${memberToken}` },
      { authorization: `Bearer${memberToken}` },
      { cookie: `authorization=Bearer ${memberToken}; token=${memberToken}` },
      { "x-participant-token": memberToken },
      { "x-participant-token": hostToken },
    ];
    for (const headers of others) {
      t.clock.advance(900_000);
      assert.equal(await from(path, { headers }), 401, JSON.stringify(headers));
    }
    for (const name of ["token", "access_token", "authorization"]) {
      assert.equal(await from(`${path}?${name}=${memberToken}`), 401, name);
    }
    const twice = (first: string, second: string) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${first}\r\nAuthorization: Bearer ${second}\r\n\r\n`;
    const wrongFirst = new RawHttp(t.hub.port).write(twice(noToken, memberToken));
    open.push({ close: () => wrongFirst.socket.destroy() });
    await eventually(() => wrongFirst.status === 401);
  });

  it("A6: a participant's token of another room, or of another id, is a stranger's", async () => {
    const { code, memberToken } = await t.makeProtectedRoom();
    const other = await t.makeProtectedRoom();
    await t.register(code, "p1", {}, bearer(memberToken));
    const there = await t.register(other.code, "p1", {}, bearer(other.memberToken));
    const neighbour = await t.register(code, "p2", {}, bearer(memberToken));
    for (const { participantToken = "" } of [there, neighbour]) {
      const alone = { method: "PUT", body: card, ...bearer(participantToken) };
      const beside = { method: "PUT", body: card, ...bearer(memberToken, participantToken) };
      assert.equal(await from(paths.participant(code, "p1"), alone), 401);
      assert.equal(await from(paths.participant(code, "p1"), beside), 403);
    }
  });

  it("A10: after the end of a room its tokens open nothing, a new room least of all", async () => {
    const { code, hostToken, memberToken } = await t.makeProtectedRoom();
    const { participantToken = "" } = await t.register(code, "p1", {}, bearer(memberToken));
    assert.equal(await from(paths.room(code), { method: "DELETE", ...bearer(hostToken) }), 200);
    const next = await t.makeProtectedRoom();
    for (const token of [hostToken, memberToken, participantToken]) {
      assert.equal(await from(paths.room(code), bearer(token)), 404);
      t.clock.advance(900_000);
      assert.equal(await from(paths.room(next.code), bearer(token)), 401);
      assert.equal(await from(paths.room(next.code), { method: "DELETE", ...bearer(token) }), 401);
    }
  });

  it("Q2: who floods the queue under a hundred names leaves the next turn to another address", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const running = askChat(t, code);
    const first = await p.nextRequest();
    const asked: Requester[] = [running];
    const ask = async (who: string, address: string) => {
      const body = { messages: [{ role: "user", content: who }], user: who };
      const requester = askChat(t, code, body, { address });
      asked.push(requester);
      await eventually(() => requester.comments.length > 0 || requester.ended);
    };
    await Promise.all(Array.from({ length: 100 }, (_, n) => ask(`mallory ${n}`, MALLORY)));
    await ask("ada", "127.0.0.3");
    const done = (request: typeof first) =>
      p.answer(request, "data: [DONE]\n\n", 200, { "content-type": "text/event-stream" });
    const served: string[] = [];
    let request = first;
    for (let n = 0; n < 2; n++) {
      done(request);
      request = await p.nextRequest();
      served.push(request.body.messages[0].content);
    }
    assert.ok(served.includes("ada"), served.join());
    for (const each of asked) each.leave();
  });
});
