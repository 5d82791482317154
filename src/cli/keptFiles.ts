import { createHash } from "node:crypto";
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { z } from "zod";
import { diskFull } from "../common/diskFull";
import { errorCode } from "../common/errorCode";
import { HumanError } from "../common/humanError";
import { parseJson } from "../common/parseJson";
import { writeKeptFile } from "./writeKeptFile";

/** Enough of a SHA-256 that two never meet. */
const NAME_LENGTH = 32;
/** Of one kind; more than a person makes, and bounded where something else fills the folder. */
const MAX_FILES = 1_000;

/** One kind of things that this program keeps for its user, a file each: programs that run at once harm one another not. */
export class KeptFiles<T extends z.ZodType> {
  readonly #folder: string;
  readonly #schema: T;

  /** @param kind the folder's name */
  constructor(userFolder: string, kind: string, schema: T) {
    this.#folder = join(userFolder, kind);
    this.#schema = schema;
  }

  /** Undefined where nothing is kept under that key. @throws HumanError where the file cannot be read */
  async get(key: string): Promise<z.output<T> | undefined> {
    return this.#read(this.#path(key));
  }

  /** All of its kind; files that cannot be read are left out. */
  async all(): Promise<z.output<T>[]> {
    const names = await readdir(this.#folder).catch(() => []);
    const files = names.filter((name) => name.endsWith(".json")).slice(0, MAX_FILES);
    const read = await Promise.all(
      // Whoever asks for one of them by its key is told what is wrong with it.
      files.map((name) => this.#read(join(this.#folder, name)).catch(() => undefined)),
    );
    return read.filter((value) => value !== undefined) as z.output<T>[];
  }

  /** For its owner's eyes alone. @throws HumanError where it cannot be written */
  async set(key: string, value: z.input<T>): Promise<void> {
    const path = this.#path(key);
    try {
      await writeKeptFile(path, `${JSON.stringify(value)}\n`);
    } catch (cause) {
      throw diskFull(path, cause) ?? unusable(path, "cannot be written", cause);
    }
  }

  /** Also where there is none. */
  async remove(key: string): Promise<void> {
    const path = this.#path(key);
    try {
      await rm(path, { force: true });
    } catch (cause) {
      throw unusable(path, "cannot be removed", cause);
    }
  }

  #path(key: string): string {
    const name = createHash("sha256").update(key).digest("hex").slice(0, NAME_LENGTH);
    return join(this.#folder, `${name}.json`);
  }

  async #read(path: string): Promise<z.output<T> | undefined> {
    let text: string;
    try {
      text = await readFile(path, "utf8");
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw unusable(path, "cannot be read", cause);
    }
    try {
      return this.#schema.parse(parseJson(text));
    } catch (cause) {
      throw unusable(path, "is damaged", cause);
    }
  }
}

function unusable(path: string, why: string, cause: unknown): HumanError {
  const code = errorCode(cause);
  const reason = typeof code === "string" ? ` (${code})` : "";
  const hint = "Mend or remove it, or name another folder with LLM_ROOMS_HOME.";
  return new HumanError("SETUP_FAILED", `${path} ${why}${reason}.`, hint, { cause });
}
