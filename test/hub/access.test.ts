import assert from "node:assert/strict";
import { WebSocket } from "ws";
import { paths } from "../../src/protocol/paths";
import { createdRoomSchema, tokenSchema } from "../../src/protocol/room";
import { eventually } from "../support/eventually";
import { hubRoutes } from "../support/hubRoutes";
import { RawParticipant } from "../support/rawParticipant";
import { type Answered, bearer, startHub, type TestHub } from "../support/startHub";

const card = { nickname: "Ada", model: "m", endpoint: "http://localhost:1" };
const noToken = "A".repeat(43);

/** An answer without what differs each time. */
function seen({ status, headers, body }: Answered) {
  const told = [...headers].filter(([name]) => !["date", "x-request-id"].includes(name));
  return { status, headers: told, body: JSON.stringify({ ...body, meta: undefined }) };
}

describe("hub: access to rooms", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub({ open: false });
  });
  afterEach(() => t.hub.close());

  /** Past mistakes are forgotten: these tests make more of them than anybody may. */
  const forget = () => t.clock.advance(900_000);

  const routes = hubRoutes().filter(({ path }) => path.includes("/:code"));
  const ask = (code: string, route: { method: string; path: string }, init?: RequestInit, body?: unknown) =>
    t.ask(route.method, route.path.replace(":code", code).replace(":id", "p1"), body, init);

  it("A1: a room is protected where its maker does not say, and answers with its tokens once", async () => {
    const { status, body } = await t.ask("POST", paths.rooms, { name: "Team" });
    assert.equal(status, 201);
    const { room, hostId, hostToken, memberToken } = body.data;
    assert.equal(room.access, "protected");
    assert.equal(hostId, room.hostId);
    assert.equal(tokenSchema.parse(hostToken).length, 43);
    assert.equal(tokenSchema.parse(memberToken).length, 43);
    assert.notEqual(hostToken, memberToken);
    const shown = await t.ask("GET", paths.room(room.code), undefined, bearer(memberToken));
    assert.deepEqual(Object.keys(shown.body.data).sort(), [
      "access",
      "code",
      "createdAt",
      "hostId",
      "id",
      "name",
      "participantCount",
      "passwordProtected",
    ]);
  });

  it("A1: an open hub makes open rooms, and either hub makes what it is asked for", async () => {
    const open = await startHub();
    try {
      const { body } = await open.ask("POST", paths.rooms, { name: "Team" });
      assert.equal(body.data.room.access, "open");
      assert.equal(body.data.memberToken, undefined);
      assert.ok(body.data.hostToken);
      const { code } = await open.makeProtectedRoom();
      assert.equal((await open.ask("GET", paths.room(code))).status, 401);
      const here = await t.makeRoom({ name: "Team", access: "open" });
      assert.equal((await t.ask("GET", paths.participants(here))).status, 200);
    } finally {
      await open.hub.close();
    }
  });

  it("A2: every route under a room refuses whoever comes without its token", async () => {
    const { code } = await t.makeProtectedRoom();
    const other = await t.makeProtectedRoom();
    assert.ok(routes.length >= 16, "fewer routes than there were");
    for (const route of routes) {
      for (const init of [{}, bearer(noToken), bearer(other.hostToken), bearer(noToken, noToken)]) {
        forget();
        const body = route.method === "GET" ? undefined : { ...card, password: "" };
        const { status, body: answer } = await ask(code, route, init, body);
        assert.equal(status, 401, `${route.method} ${route.path}`);
        assert.equal(answer.error.code.toUpperCase(), "UNAUTHORIZED", `${route.method} ${route.path}`);
      }
    }
    for (const path of [`/v1/rooms/${code}/nothing`, `/rooms/${code}`, `/rooms/${code}/v1/nothing`]) {
      assert.equal((await t.ask("GET", path)).status, 401, path);
      assert.equal((await t.ask("OPTIONS", path)).status, 401, path);
    }
  });

  it("A2: takes the member's and the host's token on every route but the host's own", async () => {
    const { code, hostToken, memberToken } = await t.makeProtectedRoom();
    for (const token of [memberToken, hostToken]) {
      const { status } = await t.ask("GET", paths.room(code.toLowerCase()), undefined, bearer(token));
      assert.equal(status, 200);
      assert.equal((await t.ask("GET", paths.models(code), undefined, bearer(token))).status, 200);
      const lower = { headers: { authorization: `bearer   ${token}` } };
      assert.equal((await t.ask("GET", paths.participants(code), undefined, lower)).status, 200);
    }
    const answer = await t.chat(code, {}, bearer(memberToken));
    assert.equal(answer.status, 404, "let in: the room is empty");
  });

  it("A3: a room that is not there looks like one whose token is wrong, on every route", async () => {
    const { code } = await t.makeProtectedRoom();
    const locked = await t.makeProtectedRoom({ password: "secret" });
    for (const route of routes) {
      for (const init of [{}, bearer(noToken)]) {
        forget();
        const body = route.method === "GET" ? undefined : { ...card, password: "guess" };
        const there = seen(await ask(code, route, init, body));
        assert.deepEqual(seen(await ask("ZZZZZZ", route, init, body)), there, route.path);
        assert.deepEqual(seen(await ask(locked.code, route, init, body)), there, route.path);
      }
    }
  });

  it("A3: an open hub says of a room that is not there that it is not", async () => {
    const open = await startHub();
    try {
      assert.equal((await open.ask("GET", paths.participants("ZZZZZZ"))).body.error.code, "ROOM_NOT_FOUND");
      const put = await open.ask("PUT", paths.participant("ZZZZZZ", "p1"), card);
      assert.equal(put.body.error.code, "ROOM_NOT_FOUND");
    } finally {
      await open.hub.close();
    }
  });

  it("A4: lists a protected room only to whoever shows its token", async () => {
    const { code, hostToken, memberToken } = await t.makeProtectedRoom();
    await t.makeProtectedRoom();
    const open = await t.makeRoom({ name: "Open", access: "open" });
    const listed = async (init?: RequestInit) =>
      (await t.ask("GET", paths.rooms, undefined, init)).body.data.map((room: { code: string }) => room.code);
    assert.deepEqual(await listed(), [open]);
    assert.deepEqual(await listed(bearer(noToken)), [open]);
    assert.deepEqual(await listed(bearer(memberToken)), [code, open]);
    assert.deepEqual(await listed(bearer(hostToken)), [code, open]);
  });

  it("A5: a password is exchanged for a member token, the same for all, and opens a registration", async () => {
    const { code, memberToken } = await t.makeProtectedRoom({ password: "sésame" });
    const exchange = (password: string) => t.ask("POST", paths.roomToken(code), { password });
    const [first, second] = [await exchange("sésame"), await exchange("se\u0301same")];
    assert.equal(first.status, 200);
    assert.equal(first.body.data.memberToken, second.body.data.memberToken);
    assert.notEqual(first.body.data.memberToken, memberToken);
    const init = bearer(tokenSchema.parse(first.body.data.memberToken));
    assert.equal((await t.ask("GET", paths.participants(code), undefined, init)).status, 200);
    assert.equal((await exchange("sesame")).body.error.code, "UNAUTHORIZED");
    const put = (password: string) => t.ask("PUT", paths.participant(code, "p1"), { ...card, password });
    assert.equal((await put("wrong")).body.error.code, "UNAUTHORIZED");
    assert.equal((await put("sésame")).status, 201);
  });

  it("A5: in an open room the token of a password stands for it in a registration", async () => {
    const code = await t.makeRoom({ name: "Open", access: "open", password: "secret" });
    const exchange = (password: string) => t.ask("POST", paths.roomToken(code), { password });
    assert.equal((await exchange("wrong")).body.error.code, "INVALID_PASSWORD");
    const { memberToken } = (await exchange("secret")).body.data;
    assert.equal((await t.ask("PUT", paths.participant(code, "p1"), card)).status, 401);
    assert.equal((await t.ask("PUT", paths.participant(code, "p1"), card, bearer(memberToken))).status, 201);
  });

  it("A6: a participant is whose token it came with: nobody else changes, beats or removes it", async () => {
    const { code, memberToken, hostToken } = await t.makeProtectedRoom();
    const member = bearer(memberToken);
    const { participantToken = "" } = await t.register(code, "p1", {}, member);
    const other = await t.register(code, "p2", {}, member);
    const path = paths.participant(code, "p1");
    const strangers = [member, bearer(memberToken, other.participantToken), bearer(memberToken, noToken)];
    for (const init of strangers) {
      forget();
      await t.register(code, "p1", {}, bearer(participantToken));
      for (const answer of [
        await t.ask("PUT", path, card, init),
        await t.ask("POST", paths.heartbeat(code, "p1"), {}, init),
        await t.ask("DELETE", path, undefined, init),
      ]) {
        assert.equal(answer.status, 403);
        assert.equal(answer.body.error.code, "FORBIDDEN");
      }
    }
    assert.equal((await t.ask("PUT", path, card, bearer(other.participantToken ?? ""))).status, 401);
    for (const init of [bearer(participantToken), bearer(memberToken, participantToken), bearer(hostToken)]) {
      const again = await t.ask("PUT", path, card, init);
      assert.equal(again.status, 200);
      assert.equal(again.body.data.participantToken, undefined, "told once");
      assert.equal((await t.ask("POST", paths.heartbeat(code, "p1"), {}, init)).status, 200);
    }
    assert.equal(
      (await t.ask("GET", paths.participants(code), undefined, bearer(participantToken))).status,
      401,
    );
    assert.equal((await t.ask("DELETE", path, undefined, bearer(participantToken))).status, 200);
  });

  it("A6: its own token opens nothing else of the room", async () => {
    const { code, memberToken } = await t.makeProtectedRoom();
    const { participantToken = "" } = await t.register(code, "p1", {}, bearer(memberToken));
    const own = [
      `PUT ${paths.participant(":code", ":id")}`,
      `DELETE ${paths.participant(":code", ":id")}`,
      `POST ${paths.heartbeat(":code", ":id")}`,
    ].map((each) => decodeURIComponent(each).replace(":CODE", ":code"));
    for (const route of routes.filter(({ method, path }) => !own.includes(`${method} ${path}`))) {
      forget();
      const body = route.method === "GET" ? undefined : { ...card, password: "x" };
      const { status } = await ask(code, route, bearer(participantToken), body);
      assert.equal(status, 401, `${route.method} ${route.path}`);
    }
  });

  it("A6: an id stays its owner's while it is away, until it leaves", async () => {
    const { code, memberToken } = await t.makeProtectedRoom();
    const member = bearer(memberToken);
    const { participantToken = "" } = await t.register(code, "p1", {}, member);
    t.clock.advance(700_000);
    assert.equal((await t.ask("GET", paths.participants(code), undefined, member)).body.data.length, 0);
    const path = paths.participant(code, "p1");
    assert.equal((await t.ask("PUT", path, card, member)).status, 403);
    const back = await t.ask("PUT", path, card, bearer(participantToken));
    assert.equal(back.status, 201);
    assert.equal(back.body.data.participantToken, undefined);
    await t.ask("DELETE", path, undefined, bearer(participantToken));
    const next = await t.ask("PUT", path, card, member);
    assert.equal(next.status, 201);
    assert.notEqual(next.body.data.participantToken, participantToken);
  });

  it("A7: in an open room the address that registered needs no token, a wrong one does not help it", async () => {
    const code = await t.makeRoom({ name: "Open", access: "open" });
    await t.register(code, "p1");
    const path = paths.participant(code, "p1");
    assert.equal((await t.ask("PUT", path, card)).status, 200);
    assert.equal((await t.ask("POST", paths.heartbeat(code, "p1"))).status, 200);
    assert.equal((await t.ask("DELETE", path, undefined, bearer(noToken))).status, 403);
    assert.equal((await t.ask("DELETE", path)).status, 200);
  });

  it("A7: a machine is the same whether it reaches its own hub by IPv4 or IPv6", async () => {
    const dual = await startHub({ host: "::" });
    try {
      const { port } = dual.hub;
      const ask = async (host: string, method: string, path: string, body?: unknown) => {
        const init = { method, body: JSON.stringify(body) };
        const answer = await fetch(`http://${host}:${port}${path}`, init);
        return { status: answer.status, data: ((await answer.json()) as { data?: unknown }).data };
      };
      const { data } = await ask("[::1]", "POST", paths.rooms, { name: "Open", access: "open" });
      const { room } = createdRoomSchema.parse(data);
      const path = paths.participant(room.code, "p1");
      assert.equal((await ask("127.0.0.1", "PUT", path, card)).status, 201);
      assert.equal((await ask("[::1]", "POST", paths.heartbeat(room.code, "p1"))).status, 200);
      assert.equal((await ask("[::1]", "DELETE", path)).status, 200);
      assert.equal((await ask("[::1]", "PUT", path, card)).status, 201);
      assert.equal((await ask("127.0.0.1", "DELETE", path)).status, 200);
    } finally {
      await dual.hub.close();
    }
  });

  it("A8: the tunnel of a protected room opens with its own token only, once", async () => {
    const { code, memberToken } = await t.makeProtectedRoom();
    const { tunnel, participantToken } = await t.register(code, "p1", {}, bearer(memberToken));
    const plain = (query: string) => t.ask("GET", `${paths.tunnel(code, "p1")}${query}`);
    assert.equal((await plain(`?token=${tunnel.token}`)).status, 426, "known, but no upgrade");
    for (const query of ["", "?token=", `?token=${noToken}`, `?token=${memberToken}`]) {
      assert.equal((await plain(query)).body.error.code, "UNAUTHORIZED");
    }
    const missing = await t.ask("GET", `${paths.tunnel(code, "p2")}?token=${tunnel.token}`);
    assert.deepEqual(seen(missing), seen(await plain("")));
    const upgrade = async (token: string) => {
      const participant = new RawParticipant(tunnel.url, token, true);
      return Promise.race([
        participant.closed.then(() => "refused"),
        eventually(() => participant.socket.readyState === WebSocket.OPEN).then(() => "open"),
      ]);
    };
    assert.equal(await upgrade(tunnel.token), "open");
    assert.equal(await upgrade(tunnel.token), "refused", "a replay");
    const newer = await t.register(code, "p1", {}, bearer(memberToken, participantToken));
    await t.register(code, "p1", {}, bearer(memberToken, participantToken));
    assert.equal(await upgrade(newer.tunnel.token), "refused", "voided by a newer one");
  });
});
