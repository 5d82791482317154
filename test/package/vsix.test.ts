import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";
import { packagedVsix } from "../support/packagedVsix";

/** Signatures and offsets of the ZIP format, APPNOTE 4.3. */
const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const DEFLATED = 8;

/** A ZIP file's entries by name. */
function unzip(zip: Buffer): Map<string, Buffer> {
  const end = zip.lastIndexOf(Buffer.from(Uint32Array.of(END_OF_DIRECTORY).buffer));
  const entries = new Map<string, Buffer>();
  let at = zip.readUInt32LE(end + 16);
  for (let left = zip.readUInt16LE(end + 10); left > 0; left--) {
    assert.equal(zip.readUInt32LE(at), DIRECTORY_ENTRY);
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
      zip.readUInt16LE(at + offset),
    ) as [number, number, number];
    const name = zip.toString("utf8", at + 46, at + 46 + nameBytes);
    const local = zip.readUInt32LE(at + 42);
    const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    const raw = zip.subarray(start, start + zip.readUInt32LE(at + 20));
    entries.set(name, zip.readUInt16LE(at + 10) === DEFLATED ? inflateRawSync(raw) : raw);
    at += 46 + nameBytes + extraBytes + commentBytes;
  }
  return entries;
}

describe("the package", () => {
  let entries: Map<string, Buffer>;
  before(async () => {
    entries = unzip(await readFile(await packagedVsix()));
  });

  it("holds what the extension needs", () => {
    const needed = [
      "extension/package.json",
      "extension/readme.md",
      "extension/changelog.md",
      "extension/LICENSE.txt",
      "extension/dist/extension.js",
      "extension/dist/cli.js",
      "extension/dist/webview/chat.js",
      "extension/dist/webview/chat.css",
      "extension/dist/THIRD-PARTY-NOTICES.txt",
    ];
    const manifest = JSON.parse(String(entries.get("extension/package.json"))) as { icon: string };
    assert.deepEqual(
      [...needed, `extension/${manifest.icon}`].filter((name) => !entries.has(name)),
      [],
    );
  });

  it("holds nothing else: no sources, maps, tests or dependencies", () => {
    const known =
      /^(\[Content_Types\]\.xml|extension\.vsixmanifest|extension\/(package\.json|readme\.md|changelog\.md|LICENSE\.txt|dist\/(extension|cli)\.js|dist\/THIRD-PARTY-NOTICES\.txt|dist\/webview\/[\w.-]+\.(js|css|ttf)|media\/[\w./-]+\.(svg|png|md)))$/;
    assert.deepEqual(
      [...entries.keys()].filter((name) => !known.test(name)),
      [],
    );
  });

  it("is a production build", () => {
    for (const name of ["extension.js", "cli.js", "webview/chat.js"]) {
      const text = String(entries.get(`extension/dist/${name}`));
      assert.ok(!text.includes("sourceMappingURL"), `${name} names a source map`);
      const longest = Math.max(...text.split("\n").map((line) => line.length));
      assert.ok(longest > 1_000, `${name} is not minified`);
    }
  });
});
