import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findChromium } from "../support/chromium";

describe("findChromium", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "llm-rooms-path-"));
  });
  after(() => rm(folder, { recursive: true }));

  it("takes what CHROMIUM names, and refuses a wrong name", () => {
    assert.equal(findChromium({ CHROMIUM: process.execPath }), process.execPath);
    assert.throws(() => findChromium({ CHROMIUM: join(folder, "none") }), /Correct it or unset it/);
  });

  it("takes what the path has", async () => {
    await writeFile(join(folder, "chromium"), "");
    assert.equal(findChromium({ PATH: folder }), join(folder, "chromium"));
  });

  it("names the one command that installs it where there is none", () => {
    assert.throws(
      () => findChromium({ PATH: "" }, () => false),
      /No Chromium.*(apt-get|brew|winget) install/,
    );
  });
});
