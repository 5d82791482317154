import assert from "node:assert/strict";
import { mkdir, readdir, readFile, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { KeptFiles } from "../../src/cli/keptFiles";
import { useTempFolders } from "../support/tempFolder";

describe("what the terminal keeps", () => {
  const makeFolder = useTempFolders();

  it("N2: what another program writes under the same key at this moment is left to it", async () => {
    const folder = await makeFolder();
    const files = new KeptFiles(folder, "rooms", z.string());
    await files.set("key", "before");
    const [name = ""] = await readdir(join(folder, "rooms"));
    const others = [".tmp", ".1"].map((ending) => join(folder, "rooms", `${name}${ending}`));
    for (const each of others) await writeFile(each, "half");
    await files.set("key", "after");
    assert.equal(await files.get("key"), "after");
    assert.deepEqual(await files.all(), ["after"]);
    for (const each of others) assert.equal(await readFile(each, "utf8"), "half");
  });

  it("N2: what a crash left half written goes with the next that is written, and nothing else does", async () => {
    const folder = await makeFolder();
    const files = new KeptFiles(folder, "rooms", z.string());
    await files.set("key", "before");
    const [name = ""] = await readdir(join(folder, "rooms"));
    const lastYear = new Date(Date.now() - 365 * 24 * 60 * 60 * 1_000);
    for (const each of [`${name}.4711`, `${name}.txt`, "notes.1"]) {
      await writeFile(join(folder, "rooms", each), "half");
      await utimes(join(folder, "rooms", each), lastYear, lastYear);
    }
    await utimes(join(folder, "rooms", name), lastYear, lastYear);
    await files.set("other", "after");
    const names = await readdir(join(folder, "rooms"));
    assert.deepEqual([names.length, names.includes(`${name}.4711`)], [4, false]);
    assert.deepEqual((await files.all()).sort(), ["after", "before"]);
  });

  it("N2: what cannot be written leaves nothing behind", async () => {
    const folder = await makeFolder();
    const files = new KeptFiles(folder, "rooms", z.string());
    await files.set("key", "before");
    const [name = ""] = await readdir(join(folder, "rooms"));
    await mkdir(join(folder, "other", name), { recursive: true });
    await assert.rejects(new KeptFiles(folder, "other", z.string()).set("key", "after"), {
      code: "SETUP_FAILED",
    });
    assert.deepEqual(await readdir(join(folder, "other")), [name]);
  });
});
