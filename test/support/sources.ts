import { readdir, readFile } from "node:fs/promises";
import { dirname, join, posix } from "node:path";

/** A file of the checkout with its text; `path` is relative, with forward slashes. */
export interface Source {
  path: string;
  text: string;
}

/** The files under a folder whose name ends so. */
export async function sources(folder: string, ending: string): Promise<Source[]> {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith(ending)).sort();
  return Promise.all(
    names.map(async (name) => ({
      path: `${folder}/${name.replaceAll("\\", "/")}`,
      text: await readFile(join(folder, name), "utf8"),
    })),
  );
}

/** What a file imports, as written: static, dynamic, type-only and re-exported. */
export function specifiers(source: Source): string[] {
  return specifiersIn(source.text);
}

/** The same without what is imported for its types only, which is gone once the program runs. */
export function runtimeSpecifiers(source: Source): string[] {
  return specifiersIn(
    source.text.replaceAll(/^\s*(?:import|export)\s+type\s[^"'`;]*?\sfrom\s*["'][^"']+["']/gm, ""),
  );
}

function specifiersIn(text: string): string[] {
  // Comments first, since one may well speak of importing something.
  const code = text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const forms = [
    /^\s*(?:import|export)\s[^"'`;]*?\sfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\b(?:import|require)\(\s*["'`]([^"'`]+)["'`]\s*[,)]/g,
  ];
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1] ?? ""));
}

/** A relative specifier as a path from the checkout's root, without extension; undefined for a package. */
export function importedPath(from: string, specifier: string): string | undefined {
  return specifier.startsWith(".") ? posix.join(dirname(from), specifier) : undefined;
}
