import assert from "node:assert/strict";
import crypto, { createHash } from "node:crypto";
import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { KeptFiles } from "../../src/cli/keptFiles";
import { diskFull } from "../../src/common/diskFull";
import { openFileRoomStore } from "../../src/hub/fileRoomStore";
import { useTempFolders } from "../support/tempFolder";

const isFull = { code: "SETUP_FAILED", message: /^The disk is full: .* written to/, hint: /Make room/ };

describe("a full disk", () => {
  const makeFolder = useTempFolders();
  const { randomUUID } = crypto;
  afterEach(() => {
    crypto.randomUUID = randomUUID;
  });

  it("is told from what else a write fails with", () => {
    for (const code of ["ENOSPC", "EDQUOT"])
      assert.match(diskFull("/data", { code })?.message ?? "", /is full/);
    for (const cause of [{ code: "EACCES" }, new Error("x")])
      assert.equal(diskFull("/data", cause), undefined);
  });

  it("is said where the terminal keeps something, and where a hub keeps its rooms", async function () {
    // Linux has a file that is full from the start.
    if (process.platform !== "linux") this.skip();
    const folder = await makeFolder();
    const name = createHash("sha256").update("key").digest("hex").slice(0, 32);
    await mkdir(join(folder, "rooms"));
    // Else nobody could foresee where it is written first.
    const uuid = randomUUID();
    crypto.randomUUID = () => uuid;
    await symlink("/dev/full", join(folder, "rooms", `${name}.json.${uuid}`));
    await assert.rejects(new KeptFiles(folder, "rooms", z.string()).set("key", "value"), isFull);
    const file = join(folder, "rooms.json");
    await writeFile(file, '{"format":"llm-rooms","version":1,"rooms":["damaged"]}');
    await symlink("/dev/full", `${file}.tmp`);
    await assert.rejects(
      openFileRoomStore(folder, () => {}),
      isFull,
    );
  });
});
