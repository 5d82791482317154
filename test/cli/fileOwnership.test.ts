import assert from "node:assert/strict";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileOwnership } from "../../src/cli/fileOwnership";
import { useTempFolders } from "../support/tempFolder";

const token = "t".repeat(43);
const share = { hubUrl: "http://hub:5567", roomCode: "ABC234", participantId: "p1" };

describe("a share's token, kept in a file", () => {
  const makeFolder = useTempFolders();
  let folder: string;
  let notes: string[];
  beforeEach(async () => {
    folder = join(await makeFolder(), "shares");
    notes = [];
  });
  afterEach(() => assert.deepEqual(notes, []));

  const keep = (change: Partial<typeof share> = {}) =>
    fileOwnership(folder, { ...share, ...change }, (line) => notes.push(line));

  it("R10: is there for the next run, for its own hub, room and id only", async () => {
    assert.equal(await keep().load(), undefined);
    await keep().save(token);
    assert.equal(await keep().load(), token);
    assert.equal(await keep({ roomCode: "abc234", hubUrl: "http://hub:5567/" }).load(), token);
    assert.equal(await keep({ participantId: "p2" }).load(), undefined);
    assert.equal(await keep({ hubUrl: "http://hub:5568" }).load(), undefined);
    await keep().save("u".repeat(43));
    assert.equal(await keep().load(), "u".repeat(43));
    assert.equal((await readdir(folder)).length, 1);
  });

  it("R10: only its user can read it, and its name tells nothing", async () => {
    await keep().save(token);
    const [name = ""] = await readdir(folder);
    assert.match(name, /^[0-9a-f]{32}$/);
    if (process.platform === "win32") return;
    assert.equal((await stat(join(folder, name))).mode & 0o777, 0o600);
    assert.equal((await stat(folder)).mode & 0o777, 0o700);
  });

  it("R10: a damaged file is none", async () => {
    await keep().save(token);
    const [name = ""] = await readdir(folder);
    for (const text of ["", "\u0000", "a b", "x".repeat(10_000), `${token}\nmore`]) {
      await writeFile(join(folder, name), text);
      assert.equal(await keep().load(), undefined);
    }
  });

  it("R10: sharing goes on where it cannot be kept, and that is said without the token", async () => {
    await writeFile(folder, "in the way");
    assert.equal(await keep().load(), undefined);
    await keep().save(token);
    assert.match(notes.splice(0).join("\n"), /could not be read: ENOTDIR[\s\S]*could not be kept: E/);
    assert.equal(await readFile(folder, "utf8"), "in the way");
  });

  it("R10: of too many the oldest go", async () => {
    for (let n = 0; n < 20; n++) await keep({ participantId: `old${n}` }).save(token);
    const many = Array.from({ length: 500 }, (_, n) => keep({ participantId: `p${n}` }));
    for (const each of many) await each.save(token);
    assert.equal((await readdir(folder)).length, 500);
    assert.equal(await many.at(-1)?.load(), token);
    assert.equal(await keep({ participantId: "old0" }).load(), undefined);
  }).timeout(60_000);
});
