import assert from "node:assert/strict";
import { mkdir, readdir, readFile, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HumanError } from "../../src/common/humanError";
import { type FileRoomStore, openFileRoomStore } from "../../src/hub/fileRoomStore";
import { MemoryRoomStore, type StoredRoom, storedRoomSchema } from "../../src/hub/roomStore";
import { useTempFolders } from "../support/tempFolder";

const hash = "h".repeat(43);

function room(code: string, more: Partial<StoredRoom> = {}): StoredRoom {
  const facts = { id: `id-${code}`, code, name: `Team ${code}`, hostId: "host", createdAt: 1 };
  return { ...facts, access: "open", owners: [], ...more };
}

const full = room("FULL22", {
  access: "protected",
  hostTokenHash: hash,
  memberTokenHash: hash,
  password: { salt: "c2FsdA", key: "a2V5" },
  defaults: { temperature: 0.5, instructions: "Be brief.\nAlways." },
  owners: [
    { id: "p1", tokenHash: hash, address: "127.0.0.1" },
    { id: "__proto__", tokenHash: hash, address: "::1" },
  ],
});

describe("a store of rooms", () => {
  const makeFolder = useTempFolders();
  const stores: FileRoomStore[] = [];
  let folder: string;
  let file: string;
  let said: string[];
  beforeEach(async () => {
    folder = join(await makeFolder(), "data");
    file = join(folder, "rooms.json");
    said = [];
  });
  afterEach(async () => {
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });

  const open = async (where = folder) => {
    const store = await openFileRoomStore(where, (line) => said.push(line));
    stores.push(store);
    return store;
  };
  const reopen = async (store: FileRoomStore) => {
    await store.close();
    return open();
  };
  const refused = async (hint: RegExp, where = folder) => {
    await assert.rejects(
      openFileRoomStore(where, () => {}),
      (error: unknown) => {
        assert.ok(error instanceof HumanError);
        assert.match(`${error.message} ${error.hint}`, hint);
        return true;
      },
    );
  };
  /** What lies in the folder, but for the lock of the store that has it open. */
  const names = async () => (await readdir(folder)).filter((name) => name !== "hub.lock").sort();

  it("R4: gives back what was saved, and not what was removed", async () => {
    const store = await open();
    assert.deepEqual(await store.load(), []);
    await Promise.all([store.save(room("A")), store.save(full), store.save(room("B"))]);
    await store.save(room("A", { name: "Renamed" }));
    await store.remove("B");
    await store.remove("NEVER");
    const next = await reopen(store);
    assert.deepEqual(await next.load(), [room("A", { name: "Renamed" }), full]);
    assert.equal(next.warning, undefined);
    assert.deepEqual(said, []);
  });

  it("R4: a store in memory does the same", async () => {
    const store = new MemoryRoomStore();
    await Promise.all([store.save(room("A")), store.save(full)]);
    await store.save(room("A", { name: "Renamed" }));
    await store.remove("FULL22");
    await store.close();
    assert.deepEqual(await store.load(), [room("A", { name: "Renamed" })]);
  });

  it("R4: only its owner can read it, and nothing else is left in the folder", async () => {
    await (await open()).save(full);
    assert.deepEqual(await names(), ["rooms.json"]);
    if (process.platform === "win32") return;
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
    assert.equal((await stat(join(folder, "hub.lock"))).mode & 0o777, 0o600);
  });

  it("R4: changes that come together share a write, and each is there when its promise resolves", async () => {
    const store = await open();
    const codes = Array.from({ length: 500 }, (_, n) => `R${n}`);
    await Promise.all(
      codes.map(async (code) => {
        await store.save(room(code));
        assert.ok((await readFile(file, "utf8")).includes(`"code":"${code}"`));
      }),
    );
    assert.equal((await (await reopen(store)).load()).length, codes.length);
  });

  it("R4: closing ends what was asked for; later it takes nothing", async () => {
    const store = await open();
    const saved = [store.save(room("A")), store.save(room("B"))];
    const closed = store.close();
    assert.equal(store.close(), closed);
    await closed;
    await Promise.all(saved);
    await assert.rejects(store.save(room("C")));
    assert.equal((await (await open()).load()).length, 2);
  });

  it("R5: what cannot be written is refused and told once, and what was stored stays", async () => {
    const store = await open();
    await store.save(room("A"));
    // In the way of the next write, as a full disk would be.
    await mkdir(`${file}.tmp`);
    await assert.rejects(store.save(room("B")));
    await assert.rejects(store.remove("A"));
    assert.equal(said.length, 1);
    assert.match(said[0] ?? "", /rooms\.json could not be written: EISDIR/);
    await rmdir(`${file}.tmp`);
    await store.save(room("C"));
    assert.match(said[1] ?? "", /can be written again/);
    const codes = (await (await reopen(store)).load()).map(({ code }) => code);
    assert.deepEqual(codes, ["A", "C"]);
  });

  for (const [what, text] of Object.entries({
    "an empty file": "",
    "half a file": '{"format":"llm-rooms","version":1,"rooms":[{"id":"1"',
    "another program's": '{"version":1,"rooms":[]}',
    "no object": "[]",
    bytes: "\u0000\ufffd\u0000",
    "no list": '{"format":"llm-rooms","version":1,"rooms":{}}',
    "no version": '{"format":"llm-rooms","version":"1","rooms":[]}',
  })) {
    it(`R6: ${what} is set aside as it is, and said`, async () => {
      await mkdir(folder);
      await writeFile(file, text);
      const store = await open();
      assert.deepEqual(await store.load(), []);
      const [aside, ...others] = await names();
      assert.deepEqual(others, []);
      assert.match(aside ?? "", /^rooms\.json\.corrupt-\d{8}T\d{6}Z$/);
      assert.equal(await readFile(join(folder, aside ?? ""), "utf8"), text);
      assert.ok(store.warning?.includes(aside ?? "none"));
      assert.deepEqual(said, [store.warning]);
    });
  }

  it("R6: two that are set aside in one second have two names", async () => {
    await mkdir(folder);
    for (const text of ["first", "second", "third"]) {
      await writeFile(file, text);
      await (await open()).close();
    }
    const texts = await Promise.all((await names()).map((name) => readFile(join(folder, name), "utf8")));
    assert.deepEqual(texts.sort(), ["first", "second", "third"]);
  });

  it("R6: of a damaged list the rooms that can be read are kept, and the whole is set aside", async () => {
    await mkdir(folder);
    // Without its access nobody could tell whether it is open.
    const { access: _, ...unclear } = { ...full, code: "D" };
    const wrong = [{ ...room("B"), owners: [{ id: "p" }] }, null, room("A"), { ...room("c") }, unclear];
    const text = JSON.stringify({ format: "llm-rooms", version: 1, rooms: [room("A"), ...wrong, full] });
    await writeFile(file, text);
    const store = await open();
    assert.deepEqual(await store.load(), [room("A"), full]);
    assert.match(store.warning ?? "", /5 of its 7 rooms cannot be read/);
    const [kept, aside = ""] = await names();
    assert.equal(kept, "rooms.json");
    assert.equal(await readFile(join(folder, aside), "utf8"), text);
    const next = await reopen(store);
    assert.deepEqual(await next.load(), [room("A"), full]);
    assert.equal(next.warning, undefined);
  });

  it("R6: a later version's file is left as it is, and the hub does not start", async () => {
    await mkdir(folder);
    const text = '{"format":"llm-rooms","version":2,"rooms":"in another way"}';
    await writeFile(file, text);
    await refused(/later version.*Update this program/);
    assert.deepEqual(await readdir(folder), ["rooms.json"]);
    assert.equal(await readFile(file, "utf8"), text);
  });

  it("R6: a write that was cut off leaves the list of before", async () => {
    const store = await open();
    await store.save(room("A"));
    await writeFile(`${file}.tmp`, '{"format":"llm-rooms","ver');
    const next = await reopen(store);
    assert.deepEqual(await next.load(), [room("A")]);
    await next.save(room("B"));
    assert.deepEqual(await names(), ["rooms.json"]);
  });

  it("R7: a second hub on the same folder does not start", async () => {
    const store = await open();
    await refused(new RegExp(`process ${process.pid}.*hub\\.lock`));
    await (await reopen(store)).close();
    assert.deepEqual(await readdir(folder), []);
  });

  it("R7: of many that start at once one has the folder", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "hub.lock"), JSON.stringify({ pid: process.pid, born: "long ago" }));
    const starts = await Promise.allSettled(Array.from({ length: 20 }, () => open()));
    assert.equal(starts.filter(({ status }) => status === "fulfilled").length, 1);
  });

  for (const [what, lock] of Object.entries({
    "a process that is no more": { pid: 2 ** 22 + 1, born: "x" },
    "an earlier process with this one's number": { pid: process.pid, born: "another start" },
    "a process cut off while it wrote": "",
  })) {
    it(`R7: the lock of ${what} is taken over`, async () => {
      await mkdir(folder);
      await writeFile(join(folder, "hub.lock"), lock === "" ? "" : JSON.stringify(lock));
      await open();
      await refused(/Another hub/);
    });
  }

  it("R7: says where it cannot store", async () => {
    await mkdir(folder);
    await writeFile(join(folder, "file"), "");
    await refused(
      /cannot be kept in .*file\/below \(ENOTDIR\).*Choose a folder/,
      join(folder, "file", "below"),
    );
    await refused(/cannot be kept in /, "/proc/rooms/below");
    await mkdir(file);
    await refused(/EISDIR/);
    await rm(file, { recursive: true });
    assert.deepEqual(await readdir(folder), ["file"]);
  });

  it("R4: holds hashes and facts, and has no place for a token, a password or a prompt", () => {
    const secrets = { hostToken: "t", memberToken: "t", password: { salt: "a", key: "b", text: "sesame" } };
    const parsed = storedRoomSchema.parse({ ...full, ...secrets, messages: ["hello"] });
    assert.doesNotMatch(JSON.stringify(parsed), /sesame|hello|"(host|member)Token"/);
  });
});
