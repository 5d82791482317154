import assert from "node:assert/strict";
import { failureSchema, healthSchema, successSchema } from "../../src/protocol/management";
import { paths } from "../../src/protocol/paths";
import { roomSummarySchema } from "../../src/protocol/room";
import { joinRaw } from "../support/rawParticipant";
import { startHub, type TestHub } from "../support/startHub";
import { watchEvents } from "../support/watchEvents";

const card = { nickname: "Ada", model: "llama3", endpoint: "http://localhost:11434" };

describe("hub: management plane", () => {
  let t: TestHub;
  beforeEach(async () => {
    t = await startHub({ version: "1.2.3" });
  });
  afterEach(() => t.hub.close());

  const put = (code: string, id: string, body: unknown) => t.ask("PUT", paths.participant(code, id), body);

  it("M1: wraps answers in data and meta, refusals in error and meta", async () => {
    const ok = await t.ask("GET", paths.rooms);
    assert.equal(ok.status, 200);
    assert.match(ok.headers.get("content-type") ?? "", /^application\/json/);
    assert.ok(ok.body.meta.requestId);
    assert.deepEqual(ok.body.data, []);
    const refused = await t.ask("GET", paths.room("ABCDEF"));
    const failure = failureSchema.parse(refused.body);
    assert.ok(failure.error.message && failure.error.hint && failure.meta?.requestId);
    assert.notEqual(failure.meta?.requestId, ok.body.meta.requestId);
  });

  it("M2: tells its health, and what it can do beyond the base", async () => {
    const { body } = await t.ask("GET", paths.health);
    const health = successSchema(healthSchema).parse(body).data;
    assert.equal(health.timestamp, t.clock.now());
    assert.equal(health.hub?.version, "1.2.3");
    assert.ok(health.hub?.features.includes("tunnel.llm-rooms.1"));
  });

  it("M3: makes rooms with unique, unmistakable codes", async () => {
    const codes = new Set<string>();
    for (let i = 0; i < 20; i++) {
      const { status, body } = await t.ask("POST", paths.rooms, { name: " Team " });
      assert.equal(status, 201);
      assert.match(body.data.room.code, /^[ABCDEFGHJKMNPQRSTUVWXYZ23456789]{6}$/);
      assert.equal(body.data.room.name, "Team");
      assert.equal(body.data.hostId, body.data.room.hostId);
      codes.add(body.data.room.code);
    }
    assert.equal(codes.size, 20);
  });

  it("M3: refuses a room beyond the limit", async () => {
    const small = await startHub({ limits: { rooms: 1 } });
    try {
      await small.makeRoom();
      const { status, body } = await small.ask("POST", paths.rooms, { name: "B" });
      assert.equal(status, 429);
      assert.ok(body.error.hint);
    } finally {
      await small.hub.close();
    }
  });

  it("M3: an empty password is none, as is a null", async () => {
    for (const password of ["", null]) {
      const { status, body } = await t.ask("POST", paths.rooms, { name: "Team", password });
      assert.equal(status, 201);
      assert.equal(body.data.room.passwordProtected, false);
      assert.equal((await put(body.data.room.code, "p", card)).status, 201);
    }
  });

  it("M4: shows neither password nor instructions", async () => {
    const defaults = { temperature: 0.5, instructions: "whisper-9" };
    const code = await t.makeRoom({ name: "Team", password: "secret-9", defaults });
    await put(code, "p", { ...card, password: "secret-9", config: { instructions: "whisper-8", seed: 7 } });
    for (const path of [paths.rooms, paths.room(code), paths.participants(code)]) {
      const { body } = await t.ask("GET", path);
      assert.doesNotMatch(JSON.stringify(body), /secret-9|whisper|passwordHash|salt/);
    }
    const { body } = await t.ask("GET", paths.room(code));
    const room = roomSummarySchema.parse(body.data);
    assert.deepEqual(room.defaults, { temperature: 0.5, hasInstructions: true });
    assert.equal(room.passwordProtected, true);
    assert.equal(room.participantCount, 1);
    assert.deepEqual((await t.participant(code, "p")).config, { seed: 7, hasInstructions: true });
  });

  it("M5: reads a code in any case and sends it in upper case", async () => {
    const code = await t.makeRoom();
    const lower = `/v1/rooms/${code.toLowerCase()}`;
    assert.equal((await t.ask("GET", lower)).body.data.code, code);
    const log = await watchEvents(`${t.url}${lower}/events`);
    const { body } = await t.ask("PUT", `${lower}/participants/p`, card);
    assert.match(body.data.tunnel.url, new RegExp(`/v1/rooms/${code}/participants/p/tunnel$`));
    assert.equal((await log.next("participant.joined")).roomCode, code);
    assert.equal((await t.ask("GET", `/rooms/${code.toLowerCase()}/v1/models`)).status, 200);
    log.stop();
  });

  it("M6: answers 201 first and 200 afterwards, with a way to the tunnel", async () => {
    const code = await t.makeRoom();
    const first = await put(code, "p", { ...card, specs: { gpu: "RTX 4090", vram: 24 }, unknown: 1 });
    assert.equal(first.status, 201);
    const { participant, roomId, tunnel } = first.body.data;
    assert.equal(participant.status, "offline");
    assert.deepEqual(participant.specs, { gpu: "RTX 4090", vram: 24 });
    assert.deepEqual(participant.connection, { kind: "tunnel", connected: false, lastTunnelSeenAt: null });
    assert.equal(participant.capacity, 1);
    assert.equal(participant.unknown, undefined);
    assert.equal(roomId, (await t.ask("GET", paths.room(code))).body.data.id);
    assert.equal(tunnel.url, `${t.url.replace("http", "ws")}${paths.tunnel(code, "p")}`);
    const second = await put(code, "p", card);
    assert.equal(second.status, 200);
    assert.notEqual(second.body.data.tunnel.token, tunnel.token);
  });

  it("M6: builds the tunnel's URL from the name by which it was asked", async () => {
    const code = await t.makeRoom();
    const url = `http://localhost:${t.hub.port}${paths.participant(code, "p")}`;
    const answer = await fetch(url, { method: "PUT", body: JSON.stringify(card) });
    const { data } = (await answer.json()) as { data: { tunnel: { url: string } } };
    assert.equal(new URL(data.tunnel.url).host, `localhost:${t.hub.port}`);
  });

  it("M6: takes ids with reserved characters, percent-encoded", async () => {
    const code = await t.makeRoom();
    const id = "Ada's GPU/1 é?";
    const p = await joinRaw(t, code, id);
    assert.equal((await t.heartbeat(code, id)).status, "online");
    const answer = t.chat(code, { model: id });
    p.answer(await p.nextRequest(), {});
    assert.equal((await answer).headers.get("x-room-participant"), encodeURIComponent(id));
    assert.equal((await t.ask("DELETE", paths.participant(code, id))).status, 200);
  });

  it("M7: a PUT changes the card of a live participant, not its status or tunnel", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const { body } = await put(code, "p1", { ...card, nickname: "New" });
    assert.equal(body.data.participant.status, "online");
    assert.equal(body.data.participant.connection.connected, true);
    const answer = t.chat(code);
    p.answer(await p.nextRequest(), { ok: true });
    assert.deepEqual(await (await answer).json(), { ok: true });
    assert.equal((await t.participant(code, "p1")).nickname, "New");
  });

  it("M8: a room's password guards registration", async () => {
    const code = await t.makeRoom({ name: "Team", password: "pass wörd" });
    for (const password of [undefined, "", "pass word", "x".repeat(200)]) {
      const { status, body } = await put(code, "p", { ...card, password });
      assert.equal(status, 401);
      assert.equal(body.error.code, "INVALID_PASSWORD");
    }
    assert.equal((await put(code, "p", { ...card, password: "pass wörd" })).status, 201);
  });

  it("M9: refuses a provider's credentials, wherever they stand", async () => {
    const code = await t.makeRoom();
    const bodies = [
      { ...card, authHeaders: { Authorization: "Bearer k" } },
      { ...card, apiKey: "k" },
      { ...card, headers: {} },
      { ...card, endpoint: "http://user:k@localhost:1/" },
    ];
    for (const body of bodies) {
      const answer = await put(code, "p", body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.body.error.code, "INVALID_REQUEST");
    }
    assert.equal(await t.participant(code, "p"), undefined);
  });

  it("M10: a heartbeat answers with status and time, and needs a participant", async () => {
    const code = await t.makeRoom();
    await joinRaw(t, code);
    t.clock.advance(5_000);
    const beat = await t.heartbeat(code, "p1");
    assert.deepEqual(beat, { success: true, status: "online", lastSeen: t.clock.now() });
    const unknown = await t.ask("POST", paths.heartbeat(code, "nobody"));
    assert.equal(unknown.status, 404);
    assert.equal(unknown.body.error.code, "PARTICIPANT_NOT_FOUND");
  });

  it("M10: what a heartbeat says beside that it beats is passed over where it is no word of ours", async () => {
    const code = await t.makeRoom();
    await joinRaw(t, code);
    for (const body of [
      "beat",
      "{",
      "null",
      [],
      "5",
      { status: "healthy", active: true, capacity: "many" },
    ]) {
      const { status, body: answer } = await t.ask("POST", paths.heartbeat(code, "p1"), body);
      assert.equal(status, 200, JSON.stringify(body));
      assert.equal(answer.data.status, "online");
    }
    assert.equal((await t.heartbeat(code, "p1", { status: "busy", capacity: 0 })).status, "busy");
    assert.equal((await t.participant(code, "p1")).capacity, 1);
  });

  it("M11: DELETE closes the tunnel and removes the participant, once", async () => {
    const code = await t.makeRoom();
    const p = await joinRaw(t, code);
    const { status, body } = await t.ask("DELETE", paths.participant(code, "p1"));
    assert.equal(status, 200);
    assert.deepEqual(body.data, { success: true });
    assert.equal((await p.closed).code, 4002);
    const again = await t.ask("DELETE", paths.participant(code, "p1"));
    assert.equal(again.status, 404);
    assert.equal(again.body.error.code, "PARTICIPANT_NOT_FOUND");
  });

  it("M12: an id is printable, has 200 bytes at most, and looks like no other", async () => {
    const code = await t.makeRoom();
    const register = async (id: string) => {
      const body = { nickname: "n", model: "m", endpoint: "http://localhost:1" };
      return (await t.ask("PUT", paths.participant(code, id), body)).status;
    };
    const good = ["vic", "V1StGXR8_Z5jdHi6B-myT", "ada@work.example:1", "Ada's GPU", "é".repeat(100), "漢字"];
    for (const id of good) assert.equal(await register(id), 201, id);
    const bad = [
      ...[
        "vic ",
        " vic",
        "v  ic",
        "v\u00a0ic",
        "vic\u00a0",
        "vic\u2009",
        "v\u3000ic",
        "vic\u200b",
        "vic\u0007",
        "vic\n",
      ],
      ...["é".repeat(101), "x".repeat(201)],
    ];
    for (const id of bad) assert.equal(await register(id), 400, JSON.stringify(id));
  });

  it("M12: refuses wrong JSON and wrong types, and names the field", async () => {
    const code = await t.makeRoom();
    const wrong: [string, string, unknown, RegExp][] = [
      ["POST", paths.rooms, "{", /JSON/],
      ["POST", paths.rooms, "", /JSON/],
      ["POST", paths.rooms, "null", /object/],
      ["POST", paths.rooms, [], /object/],
      ["POST", paths.rooms, {}, /name/],
      ["POST", paths.rooms, { name: "" }, /name/],
      ["POST", paths.rooms, { name: "x".repeat(201) }, /name/],
      ["POST", paths.rooms, { name: "x", defaults: { temperature: 3 } }, /defaults\.temperature/],
      ["PUT", paths.participant(code, "p"), { ...card, nickname: "n".repeat(201) }, /nickname/],
      ["PUT", paths.participant(code, "p"), { ...card, endpoint: "no url" }, /endpoint/],
      ["PUT", paths.participant(code, "p"), { ...card, capacity: 0 }, /capacity/],
      ["PUT", paths.participant(code, "p"), { ...card, config: { stop: "x" } }, /config\.stop/],
      ["PUT", paths.participant(code, "x".repeat(201)), card, /id/],
      ["PUT", paths.participant(code, "a\nb"), card, /id/],
    ];
    for (const [method, path, body, names] of wrong) {
      const answer = await t.ask(method, path, body);
      assert.equal(answer.status, 400, JSON.stringify(body));
      assert.equal(answer.body.error.code, "INVALID_REQUEST");
      assert.match(answer.body.error.message, names);
    }
    assert.equal((await t.ask("GET", paths.participants(code))).body.data.length, 0);
  });

  it("M12: a byte order mark before a body is no part of it", async () => {
    const { status, body } = await t.ask("POST", paths.rooms, '\ufeff{"name":"Team"}');
    assert.equal(status, 201);
    const chat = await t.ask(
      "POST",
      paths.chatCompletions(body.data.room.code),
      '\ufeff{"model":"m","messages":[{"role":"user"}]}',
    );
    assert.equal(chat.status, 404);
  });

  it("M14: tells an unknown route, an unknown room and a wrong method apart", async () => {
    const code = await t.makeRoom();
    for (const path of ["/", "/v1", "/v1/rooms/x/y/z", "/favicon.ico", "/v1/rooms/"]) {
      const { status, body } = await t.ask("GET", path);
      assert.equal(status, 404, path);
      assert.equal(body.error.code, "INVALID_REQUEST");
    }
    const wrong = await t.ask("POST", paths.room(code));
    assert.equal(wrong.status, 405);
    assert.equal(wrong.headers.get("allow"), "GET, PATCH, DELETE");
    for (const path of [
      paths.room("NOROOM"),
      paths.participants("NOROOM"),
      paths.events("NOROOM"),
      "/v1/rooms/%FF",
    ]) {
      const { status, body } = await t.ask("GET", path);
      assert.equal(status, 404);
      assert.equal(body.error.code, "ROOM_NOT_FOUND");
    }
    assert.equal((await put("NOROOM", "p", card)).body.error.code, "ROOM_NOT_FOUND");
  });
});
