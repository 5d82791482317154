import { createHash } from "node:crypto";
import { readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { errorCode } from "../common/errorCode";
import { describeError } from "../common/humanError";
import type { Ownership } from "../participant/ownership";
import { tokenSchema } from "../protocol/room";
import { writeKeptFile } from "./writeKeptFile";

/** Of shares of this user, the latest. One more forgotten costs a wait of minutes, once. */
const MAX_KEPT = 500;
/** Enough of a SHA-256 that two never meet. */
const NAME_LENGTH = 32;

export interface KeptShare {
  readonly hubUrl: string;
  readonly roomCode: string;
  readonly participantId: string;
}

/** Keeps a share's token in a file that only its user can read. @param note says what did not work, in one line */
export function fileOwnership(folder: string, share: KeptShare, note: (line: string) => void): Ownership {
  const parts = [new URL(share.hubUrl).origin, share.roomCode.toUpperCase(), share.participantId];
  const name = createHash("sha256").update(parts.join("\n")).digest("hex").slice(0, NAME_LENGTH);
  const path = join(folder, name);
  const told = async <T>(what: string, act: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await act();
    } catch (error) {
      note(`What proves that this share is yours could not be ${what}: ${describeError(error)}`);
      return undefined;
    }
  };
  return {
    load: () => told("read", () => readToken(path)),
    save: async (token) => {
      await told("kept", async () => {
        await writeKeptFile(path, `${token}\n`);
        await removeOldest(folder);
      });
    },
  };
}

async function readToken(path: string): Promise<string | undefined> {
  try {
    return tokenSchema.safeParse((await readFile(path, "utf8")).trim()).data;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function removeOldest(folder: string): Promise<void> {
  const names = await readdir(folder);
  if (names.length <= MAX_KEPT) return;
  const files = await Promise.all(
    names.map(async (name) => ({ name, changedMs: await changedAt(join(folder, name)) })),
  );
  files.sort((a, b) => b.changedMs - a.changedMs);
  await Promise.all(files.slice(MAX_KEPT).map(({ name }) => rm(join(folder, name), { force: true })));
}

/** 0 where another share has removed it meanwhile. */
async function changedAt(path: string): Promise<number> {
  try {
    return (await stat(path)).mtimeMs;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return errorCode(error) === "ENOENT";
}
