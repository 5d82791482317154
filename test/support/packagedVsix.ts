import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

/** The .vsix that `npm run package` made of this version, absolute. */
export async function packagedVsix(): Promise<string> {
  const { name, version } = JSON.parse(await readFile("package.json", "utf8")) as {
    name: string;
    version: string;
  };
  return resolve(`${name}-${version}.vsix`);
}
