import assert from "node:assert/strict";
import { mkdir, readFile, rmdir } from "node:fs/promises";
import { join } from "node:path";
import { createHub } from "../../src/hub/createHub";
import { openFileRoomStore } from "../../src/hub/fileRoomStore";
import { MemoryRoomStore, type RoomStore } from "../../src/hub/roomStore";
import { paths } from "../../src/protocol/paths";
import { eventually } from "../support/eventually";
import { SlowStore } from "../support/slowStore";
import { bearer, startHub, type TestHub } from "../support/startHub";
import { useTempFolders } from "../support/tempFolder";

describe("hub: what outlives it", () => {
  const makeFolder = useTempFolders();
  let t: TestHub | undefined;
  afterEach(async () => {
    await t?.hub.close();
    t = undefined;
  });

  const start = async (store: RoomStore) => {
    t = await startHub({ store });
    return t;
  };
  const listed = async ({ ask }: { ask: TestHub["ask"] }) => (await ask("GET", paths.rooms)).body.data;

  it("R4: after a restart all rooms are there, as they were", async () => {
    const folder = await makeFolder();
    const first = await start(await openFileRoomStore(folder, assert.fail));
    const defaults = { temperature: 0.5, instructions: "Whisper." };
    const code = await first.makeRoom({ name: "Täm ✓", password: "sesame", defaults, access: "open" });
    const others = await Promise.all(
      [1, 2, 3].map((n) => first.makeRoom({ name: `Room ${n}`, access: "open" })),
    );
    const before = await listed({ ask: first.ask.bind(first) });
    assert.equal(before.length, 4);
    await first.hub.close();

    const second = await start(await openFileRoomStore(folder, assert.fail));
    assert.deepEqual(await listed({ ask: second.ask.bind(second) }), before);
    const card = { nickname: "a", model: "m", endpoint: "http://localhost:1" };
    const wrong = await second.ask("PUT", paths.participant(code, "p"), { ...card, password: "simsim" });
    assert.equal(wrong.status, 401);
    await second.register(code, "p", { password: "sesame" });
    await second.register(others[0] ?? "", "p");
    assert.doesNotMatch(await readFile(join(folder, "rooms.json"), "utf8"), /sesame/);
  });

  it("R4: tokens stay valid, and an id stays whose it was", async () => {
    const folder = await makeFolder();
    const first = await start(await openFileRoomStore(folder, assert.fail));
    const { code, hostToken, memberToken } = await first.makeProtectedRoom({ password: "sesame" });
    const { participantToken = "" } = await first.register(code, "p1", {}, bearer(memberToken));
    await first.register(code, "p2", {}, bearer(memberToken));
    await first.ask("DELETE", paths.participant(code, "p2"), undefined, bearer(hostToken));
    const exchange = { password: "sesame" };
    const exchanged = (await first.ask("POST", paths.roomToken(code), exchange)).body.data.memberToken;
    await first.hub.close();
    const text = await readFile(join(folder, "rooms.json"), "utf8");
    for (const secret of [hostToken, memberToken, participantToken, exchanged, "sesame"]) {
      assert.ok(secret && !text.includes(secret));
    }

    const second = await start(await openFileRoomStore(folder, assert.fail));
    const statusOf = async (method: string, path: string, init?: RequestInit) =>
      (await second.ask(method, path, undefined, init)).status;
    for (const token of [hostToken, memberToken, exchanged]) {
      assert.equal(await statusOf("GET", paths.room(code), bearer(token)), 200);
    }
    assert.equal(await statusOf("GET", paths.room(code), bearer(participantToken)), 401);
    assert.equal(await statusOf("GET", paths.room(code)), 401);
    const again = (await second.ask("POST", paths.roomToken(code), exchange)).body.data.memberToken;
    assert.equal(again, exchanged);

    const card = { nickname: "a", model: "m", endpoint: "http://localhost:1" };
    const put = async (id: string, init: RequestInit) =>
      second.ask("PUT", paths.participant(code, id), card, init);
    assert.equal((await put("p1", bearer(memberToken))).status, 403, "it is somebody else's");
    const back = await put("p1", bearer(participantToken));
    assert.deepEqual([back.status, back.body.data.participantToken], [201, undefined]);
    assert.ok((await put("p2", bearer(memberToken))).body.data.participantToken, "the host had removed it");
  });

  it("R11: whoever asks while those who share are coming back is asked to retry, and not told that there are none", async () => {
    const folder = await makeFolder();
    const first = await start(await openFileRoomStore(folder, assert.fail));
    const [code, other] = [await first.makeRoom(), await first.makeRoom()];
    await first.register(code, "p1");
    await first.hub.close();

    const second = await start(await openFileRoomStore(folder, assert.fail));
    const refusal = async (room: string, model: string) => {
      const { status, headers } = await second.chat(room, { model });
      return [status, headers.get("retry-after")];
    };
    for (const model of ["p1", "m", "model:m", "*"])
      assert.deepEqual(await refusal(code, model), [503, "10"]);
    assert.deepEqual(await refusal(other, "*"), [404, null], "nobody was there");
    await second.register(code, "p1");
    assert.deepEqual(await refusal(code, "model:x"), [404, null], "all are back");
    await second.ask("DELETE", paths.participant(code, "p1"));
    assert.deepEqual(await refusal(code, "p1"), [404, null], "it left");
  });

  it("R11: nobody is awaited for longer than 30 s", async () => {
    const folder = await makeFolder();
    const first = await start(await openFileRoomStore(folder, assert.fail));
    const code = await first.makeRoom();
    await first.register(code, "p1");
    await first.hub.close();
    const second = await start(await openFileRoomStore(folder, assert.fail));
    second.clock.advance(29_000);
    assert.equal((await second.chat(code, { model: "p1" })).status, 503);
    second.clock.advance(1_000);
    assert.equal((await second.chat(code, { model: "p1" })).status, 404);
  });

  it("R4: a room is answered only once it is stored", async () => {
    const store = new SlowStore();
    const hub = await start(store);
    const made = hub.ask("POST", paths.rooms, { name: "Team", access: "open" });
    await eventually(() => store.open.length === 1);
    assert.deepEqual((await hub.ask("GET", paths.rooms)).body.data, []);
    store.answer();
    assert.equal((await made).status, 201);
    assert.equal((await hub.ask("GET", paths.rooms)).body.data.length, 1);
  });

  it("R5: a room that cannot be stored is refused, and the hub goes on", async () => {
    const folder = await makeFolder();
    const said: string[] = [];
    const hub = await start(await openFileRoomStore(folder, (line) => said.push(line)));
    const code = await hub.makeRoom();
    await mkdir(join(folder, "rooms.json.tmp"));
    const refused = await hub.ask("POST", paths.rooms, { name: "Lost" });
    assert.equal(refused.status, 503);
    assert.equal(refused.body.error.code, "INTERNAL_ERROR");
    assert.match(refused.body.error.hint, /disk/);
    assert.equal(said.length, 1);
    await hub.register(code, "p1");
    await rmdir(join(folder, "rooms.json.tmp"));
    await hub.makeRoom({ name: "Kept" });
    await hub.hub.close();
    const next = await start(await openFileRoomStore(folder, assert.fail));
    const names = (await next.ask("GET", paths.rooms)).body.data.map((each: { name: string }) => each.name);
    assert.deepEqual(names, ["Team", "Kept"]);
  });

  it("R5: a disk that does not answer keeps nobody waiting, and what it stores too late is taken back", async () => {
    const store = new SlowStore();
    const hub = await start(store);
    const made = hub.ask("POST", paths.rooms, { name: "Late" });
    await eventually(() => store.open.length === 1);
    hub.clock.advance(10_000);
    assert.equal((await made).status, 503);
    assert.equal((await hub.ask("GET", paths.health)).status, 200);
    store.answer();
    await eventually(() => store.open.length === 1);
    assert.equal(store.stored.size, 1);
    store.answer();
    assert.equal(store.stored.size, 0);
  });

  it("R5: rooms that are being stored count for the limit", async () => {
    const store = new SlowStore();
    t = await startHub({ store, limits: { rooms: 2 } });
    const made = [1, 2].map(() => t?.ask("POST", paths.rooms, { name: "Team" }));
    await eventually(() => store.open.length === 2);
    assert.equal((await t.ask("POST", paths.rooms, { name: "Third" })).status, 429);
    for (const each of store.open) each.resolve();
    assert.deepEqual(
      (await Promise.all(made)).map((each) => each?.status),
      [201, 201],
    );
  });

  it("R4: a hub that cannot listen lets go of its store", async () => {
    const hub = await start(new MemoryRoomStore());
    const folder = await makeFolder();
    const { port } = hub.hub;
    const store = await openFileRoomStore(folder, assert.fail);
    await assert.rejects(createHub({ port, store }));
    const again = await openFileRoomStore(folder, assert.fail);
    await assert.rejects(createHub({ store: again, tls: { cert: "none", key: "none" } }));
    await (await openFileRoomStore(folder, assert.fail)).close();
  });
});
