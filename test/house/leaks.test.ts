import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, relative } from "node:path";

/** Made here, never committed. */
const MADE = new Set(["node_modules", "dist", ".git", ".cache"]);
/** A picture or a font says nothing. */
const BINARY = /\.(png|gif|jpe?g|webp|ico|ttf|woff2?|vsix)$/;

async function textFiles(folder = "."): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const nested = entries.map(async (entry) => {
    if (MADE.has(entry.name)) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return textFiles(path);
    return entry.isFile() && !BINARY.test(path) ? [path] : [];
  });
  return (await Promise.all(nested)).flat();
}

async function filesWith(pattern: RegExp): Promise<string[]> {
  const hits: string[] = [];
  for (const path of await textFiles()) {
    // Whoever works in the checkout meanwhile may have removed it.
    const text = await readFile(path, "utf8").catch(() => "");
    const hit = pattern.exec(text);
    if (hit) hits.push(`${relative(".", path)}: ${hit[0]}`);
  }
  return hits;
}

describe("the repository tells nothing of the machine it was written on", () => {
  it("no absolute paths of its checkout or its author's home", async () => {
    // A home such as "/" would be found everywhere.
    const paths = [process.cwd(), homedir()].filter((path) => path.length > 4);
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
