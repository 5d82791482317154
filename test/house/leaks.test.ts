import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { promisify } from "node:util";

/** Kept text; a picture or a font says nothing. */
const TEXT = /\.(ts|mjs|js|json|md|css|svg|yml|yaml|txt)$|(^|\/)(\.[\w-]+|run|LICENSE)$/;

async function trackedFiles(): Promise<string[]> {
  const { stdout } = await promisify(execFile)("git", ["ls-files", "-co", "--exclude-standard", "-z"]);
  return stdout.split("\0").filter((path) => TEXT.test(path));
}

async function filesWith(pattern: RegExp): Promise<string[]> {
  const hits: string[] = [];
  for (const path of await trackedFiles()) {
    // A file that git still lists may have been deleted.
    const text = await readFile(path, "utf8").catch(() => "");
    const hit = pattern.exec(text);
    if (hit) hits.push(`${path}: ${hit[0]}`);
  }
  return hits;
}

describe("the repository tells nothing of the machine it was written on", () => {
  it("no absolute paths of its checkout or its author's home", async () => {
    const paths = [process.cwd(), homedir()].filter((path) => path.split("/").length > 1 && path.length > 4);
    const escaped = paths.map((path) => path.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    assert.deepEqual(await filesWith(new RegExp(`(?:${escaped.join("|")})(?=[/"'\`\\s])`)), []);
  });

  it("no registry in the lock file", async () => {
    const lock = await readFile("package-lock.json", "utf8");
    assert.deepEqual(lock.match(/"resolved": "[^"]*"/g) ?? [], []);
  });

  it("no sign that something was left unfinished or fenced in", async () => {
    assert.deepEqual(await filesWith(/^(<{7} |>{7} )|\b(describe|it)\.(only|skip)\(/m), []);
  });
});
