import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";

/** The bundled test files under a folder of dist/test, absolute and in a stable order. */
export async function testFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter((name) => name.endsWith(".test.js"))
    .sort()
    .map((name) => resolve(join(folder, name)));
}
