import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { Refusal } from "./refusal";

const SALT_BYTES = 16;
const KEY_BYTES = 32;
/** Of what scrypt makes, the first half is kept to check a password; the second is known to whoever knows the password. */
const DERIVED_BYTES = 2 * KEY_BYTES;
const derive = promisify<string, Buffer, number, Buffer>(scrypt);

export interface PasswordHash {
  salt: Buffer;
  key: Buffer;
}

/** What only the right password yields; it is never kept. */
export interface PasswordProof {
  readonly secret: Buffer;
}

/** Checked where there is no password, so that this takes as long. */
const nobodys: PasswordHash = { salt: Buffer.alloc(SALT_BYTES), key: Buffer.alloc(KEY_BYTES) };

/** Each takes 16 MiB and a thread that files and names are looked up by as well. */
const MAX_RUNNING = 2;
/** Beyond it nobody would have an answer within a second or two. */
const MAX_WAITING = 32;

/** The passwords of one hub's rooms. Slow on purpose, and off the main thread: tokens go on flowing meanwhile. */
export class Passwords {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  /** @throws Refusal where too many ask at once */
  async hash(password: string): Promise<PasswordHash> {
    const salt = randomBytes(SALT_BYTES);
    const derived = await this.#derive(password, salt);
    return { salt, key: derived.subarray(0, KEY_BYTES) };
  }

  /**
   * @returns undefined where it is wrong, or where there is none to compare with: that takes as long.
   * @throws Refusal where too many ask at once
   */
  async verify(password: string, hash: PasswordHash | undefined): Promise<PasswordProof | undefined> {
    const { salt, key } = hash ?? nobodys;
    const derived = await this.#derive(password, salt);
    const same = timingSafeEqual(derived.subarray(0, KEY_BYTES), key);
    return same && hash ? { secret: derived.subarray(KEY_BYTES) } : undefined;
  }

  async #derive(password: string, salt: Buffer): Promise<Buffer> {
    if (this.#running < MAX_RUNNING) this.#running++;
    else if (this.#waiting.length < MAX_WAITING) await new Promise<void>((go) => this.#waiting.push(go));
    else throw tooManyPasswords();
    try {
      return await derive(password.normalize("NFKC"), salt, DERIVED_BYTES);
    } finally {
      // Whoever waited longest takes the place over.
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/**
 * The member token that a password stands for: the hub keeps no token that it could hand out, and need not keep one for
 * each who asks. `generation` changes when the host voids the members' tokens.
 */
export function tokenOfPassword({ secret }: PasswordProof, generation: string): string {
  return createHmac("sha256", secret).update(`member token ${generation}`).digest("base64url");
}

function tooManyPasswords(): Refusal {
  const headers = { "retry-after": "2" };
  const message = "The hub is checking other passwords.";
  return new Refusal(429, "TOO_MANY_REQUESTS", message, "Retry in 2 s.", { headers });
}
