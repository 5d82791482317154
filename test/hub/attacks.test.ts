import assert from "node:assert/strict";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { rawAsk, rawRequest, rawUpgrade } from "../support/rawAsk";
import { RawHttp } from "../support/rawHttp";
import { joinRaw, type RawParticipant } from "../support/rawParticipant";
import { bearer, type MadeRoom, startHub, type TestHub } from "../support/startHub";

const OWN_ADDRESS = "127.0.0.1";
const STRANGE_ADDRESS = "127.0.0.9";

describe("hub: attacks on a protected room", () => {
  let t: TestHub;
  let room: MadeRoom;
  let victim: RawParticipant;
  const open: RawHttp[] = [];
  beforeEach(async () => {
    t = await startHub({ open: false });
    room = await t.makeProtectedRoom({ name: "Secret team", password: "horse battery" });
    victim = await joinRaw(t, room.code, "p1", { init: bearer(room.memberToken) });
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.socket.destroy();
    await t.hub.close();
  });

  const ask = (text: string, address = STRANGE_ADDRESS) => rawAsk(t.hub.port, text, address);
  const showsNothing = ({ received, status }: RawHttp, what: string) => {
    assert.ok(status !== undefined && status >= 400, `${what}: ${received.slice(0, 200)}`);
    assert.doesNotMatch(received, /Secret team|nick-p1|llama3/, what);
  };
  const stillThere = async () => {
    const participant = await t.participant(room.code, "p1", bearer(room.memberToken));
    assert.equal(participant.nickname, "nick-p1");
    assert.equal(participant.connection.connected, true);
    assert.equal(victim.socket.readyState, victim.socket.OPEN);
  };

  it("A2: no spelling of a path reads the room without its token", async () => {
    const { code } = room;
    const lower = code.toLowerCase();
    const targets = [
      paths.room(code),
      `/v1/rooms/${lower}`,
      `//v1/rooms/${code}`,
      `/v1//rooms/${code}/participants`,
      `/v1/rooms/${code}/`,
      `/v1/rooms/${code}//participants`,
      `/v1/rooms/${code}/./participants`,
      `/v1/rooms/x/../${code}/participants`,
      `/v1/rooms/%2e%2e/rooms/${code}`,
      `/v1/rooms/${code}%2Fparticipants`,
      `/v1%2Frooms%2F${code}`,
      `/v1/rooms/%${code.charCodeAt(0).toString(16)}${code.slice(1)}/participants`,
      `/v1/rooms/${code}/participants;x=1`,
      `/v1/rooms/${code}/participants?token=${"a".repeat(43)}`,
      `/v1/rooms/${code}/participants#x`,
      `/v1/health/../rooms/${code}`,
      `/v1/rooms/${code}/token/../participants`,
      `/v1/rooms/${code}/participants/p1/tunnel/../..`,
      `http://localhost/v1/rooms/${code}/participants`,
      `http://localhost/rooms/${code}/v1/models`,
      paths.events(code),
      paths.models(code),
      `/rooms/${code}/v1/../v1/models`,
      `/rooms/${lower}/v1/models/`,
      `/rooms/${code}/v1/responses/resp_1`,
    ];
    for (const target of targets) showsNothing(await ask(rawRequest(`GET ${target}`)), target);
    await stillThere();
  });

  it("A2: neither another method, nor a header, nor half a token opens it", async () => {
    const path = paths.participants(room.code);
    for (const method of ["HEAD", "OPTIONS", "TRACE", "PATCH", "PROPFIND", "get"]) {
      const { status = 400, received } = await ask(rawRequest(`${method} ${path}`));
      assert.ok(status >= 400, `${method}: ${received}`);
    }
    const half = room.memberToken.slice(0, 21);
    const headers = [
      ["X-HTTP-Method-Override: PUT"],
      [`X-Original-URL: ${paths.health}`, `X-Rewrite-URL: ${paths.health}`],
      ["X-Forwarded-For: 127.0.0.1", "X-Real-IP: 127.0.0.1", "Forwarded: for=127.0.0.1"],
      ["Authorization: Bearer"],
      ["Authorization: Bearer undefined"],
      [`Authorization: Bearer ${half}`],
      [`Authorization: Basic ${Buffer.from(`:${room.memberToken}`).toString("base64")}`],
      [`Authorization: Bearer ${room.memberToken}x`],
      [`Authorization: Bearer ${room.memberToken} ${room.memberToken}`],
      [`X-Participant-Token: ${room.memberToken}`],
      [`Cookie: token=${room.memberToken}`],
      [`Authorization: Bearer ${"x".repeat(8_000)}`],
    ];
    for (const [at, each] of headers.entries())
      showsNothing(await ask(rawRequest(`GET ${path}`, each), `127.0.1.${at + 1}`), String(each));
  });

  it("A6: nobody else in the room takes an id over, under any spelling", async () => {
    const member = [`Authorization: Bearer ${room.memberToken}`, "Content-Type: application/json"];
    const spoofed = [...member, `X-Forwarded-For: ${OWN_ADDRESS}`, `Forwarded: for=${OWN_ADDRESS}`];
    const card = JSON.stringify({ nickname: "evil", model: "evil", endpoint: "http://localhost:1" });
    // After five of them the attacker is slowed besides.
    const refuse = async (text: string, address: string) =>
      assert.ok([403, 429].includes((await ask(text, address)).status ?? 0), text);
    for (const [at, id] of ["p1", "%70%31", "%701"].entries()) {
      const path = `${paths.participants(room.code)}/${id}`;
      for (const headers of [member, spoofed, [...member, `X-Participant-Token: ${room.memberToken}`]]) {
        await refuse(rawRequest(`PUT ${path}`, headers, card), OWN_ADDRESS);
        await refuse(rawRequest(`DELETE ${path}`, headers), `127.0.2.${at + 1}`);
      }
      const beat = await ask(rawRequest(`POST ${path}/heartbeat`, member, "{}"), `127.0.3.${at + 1}`);
      assert.equal(beat.status, 403);
    }
    await stillThere();
  });

  it("T1: a tunnel's token opens nothing a second time, nowhere else, and not what it is not for", async () => {
    const { tunnel } = await t.register(room.code, "p2", {}, bearer(room.memberToken));
    const upgrade = (id: string, token: string) => `${paths.tunnel(room.code, id)}?token=${token}`;
    showsNothing(await ask(rawUpgrade(upgrade("p1", tunnel.token))), "another participant's");
    showsNothing(await ask(rawUpgrade(upgrade("p2", room.memberToken))), "the member token");
    showsNothing(
      await ask(rawUpgrade(`${paths.tunnel(room.code, "p2")}?token=x&token=${tunnel.token}`)),
      "twice",
    );
    const { host, port } = { host: t.hub.url, port: t.hub.port };
    const first = new RawHttp(port).write(rawUpgrade(upgrade("p2", tunnel.token)));
    open.push(first);
    await eventually(() => first.status === 101);
    showsNothing(await ask(rawUpgrade(upgrade("p2", tunnel.token))), "replayed");
    const asBearer = [`Authorization: Bearer ${tunnel.token}`];
    showsNothing(
      await ask(rawRequest(`GET ${paths.participants(room.code)}`, asBearer)),
      `bearer at ${host}`,
    );
    await stillThere();
  });

  it("T1: of one token that many use at the same moment one tunnel comes", async () => {
    const { tunnel } = await t.register(room.code, "p2", {}, bearer(room.memberToken));
    const target = `${paths.tunnel(room.code, "p2")}?token=${tunnel.token}`;
    const clients = Array.from({ length: 10 }, () => new RawHttp(t.hub.port).write(rawUpgrade(target)));
    open.push(...clients);
    await eventually(() => clients.every(({ status }) => status !== undefined));
    assert.equal(clients.filter(({ status }) => status === 101).length, 1);
  });

  it("A3: a room that is not there cannot be told from one that is", async () => {
    const masked = ({ received }: RawHttp) =>
      received.replace(/^(date|x-request-id):.*$/gim, "$1").replace(/"requestId":"[^"]*"/, "");
    const other = room.code === "ABCDEF" ? "ABCDEG" : "ABCDEF";
    const tails = ["", "/participants", "/events", "/nothing", "/participants/p1/heartbeat", "/member-token"];
    for (const method of ["GET", "PUT", "POST", "DELETE", "PATCH"]) {
      for (const tail of tails) {
        const [there, not] = await Promise.all(
          [room.code, other].map((code) => ask(rawRequest(`${method} /v1/rooms/${code}${tail}`))),
        );
        assert.ok(there && not);
        assert.equal(masked(there), masked(not), `${method} ${tail}`);
      }
    }
  });

  it("A13: many guesses at once, each under another claimed address, are slowed like one after the other", async () => {
    const guess = (at: number) => {
      const body = JSON.stringify({ password: `guess ${at}` });
      return ask(rawRequest(`POST ${paths.roomToken(room.code)}`, [`X-Forwarded-For: 10.0.0.${at}`], body));
    };
    const answers = await Promise.all(Array.from({ length: 40 }, (_, at) => guess(at)));
    const looked = answers.filter(({ status }) => status === 401).length;
    assert.ok(looked <= 5, `${looked} were looked at`);
    assert.ok(answers.every(({ status }) => status === 401 || status === 429));
    const late = await ask(
      rawRequest(`POST ${paths.roomToken(room.code)}`, [], '{"password":"horse battery"}'),
    );
    assert.equal(late.status, 429);
    assert.match(late.received, /retry-after: \d/i);
    const token = [`Authorization: Bearer ${room.memberToken}`];
    assert.equal((await ask(rawRequest(`GET ${paths.room(room.code)}`, token))).status, 200);
  });

  it("M15: a page of a rebound name reaches no route, no tunnel, and no metrics", async () => {
    const token = `Authorization: Bearer ${room.hostToken}`;
    const paths_ = [paths.health, paths.rooms, paths.metrics, paths.participants(room.code), "/nothing"];
    const foreign = [
      "evil.example",
      "evil.example:80",
      "localhost.evil.example",
      "127.0.0.1.evil.example",
      "",
    ];
    for (const host of foreign) {
      for (const path of paths_) {
        const text = `GET ${path} HTTP/1.1\r\nHost: ${host}\r\n${token}\r\nConnection: close\r\n\r\n`;
        const answer = await ask(text);
        assert.ok(answer.status === 403 || answer.status === 400, `${host} ${path}: ${answer.received}`);
        assert.doesNotMatch(answer.received, /access-control|Secret team|llm_rooms_/i);
      }
    }
    const { tunnel } = await t.register(room.code, "p2", {}, bearer(room.memberToken));
    const target = `${paths.tunnel(room.code, "p2")}?token=${tunnel.token}`;
    for (const headers of [["Host: evil.example"], ["Host: localhost", "Origin: http://evil.example"]])
      assert.equal((await ask(rawUpgrade(target, headers))).status, 403, String(headers));
    const simple = ["Origin: null", "Content-Type: text/plain"];
    assert.equal((await ask(rawRequest(`POST ${paths.rooms}`, simple, '{"name":"x"}'))).status, 403);
  });
});
