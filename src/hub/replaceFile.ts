import { open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** Only its owner reads what a hub stores. */
const FILE_MODE = 0o600;

/**
 * Puts bytes in a file's place: whoever reads it, also after a crash or a power cut at any moment, finds those before or
 * the new ones, whole.
 *
 * @param temporary where they are written first, by one writer at a time
 */
export async function replaceFile(
  path: string,
  content: string | readonly Buffer[],
  temporary = `${path}.tmp`,
): Promise<void> {
  const file = await open(temporary, "w", FILE_MODE);
  try {
    await file.writeFile(content);
    // Else the name could reach the disk before the content.
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
  await syncFolder(dirname(path));
}

/** Makes a folder's names survive a power cut. */
async function syncFolder(path: string): Promise<void> {
  // Windows has no such call for folders.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
