import { createHmac, randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

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

/** Slow on purpose, and off the main thread: tokens go on flowing meanwhile. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  const derived = await derive(password.normalize("NFKC"), salt, DERIVED_BYTES);
  return { salt, key: derived.subarray(0, KEY_BYTES) };
}

/** @returns undefined where it is wrong, or where there is none to compare with: that takes as long. */
export async function verifyPassword(
  password: string,
  hash: PasswordHash | undefined,
): Promise<PasswordProof | undefined> {
  const { salt, key } = hash ?? nobodys;
  const derived = await derive(password.normalize("NFKC"), salt, DERIVED_BYTES);
  const same = timingSafeEqual(derived.subarray(0, KEY_BYTES), key);
  return same && hash ? { secret: derived.subarray(KEY_BYTES) } : undefined;
}

/**
 * The member token that a password stands for: the hub keeps no token that it could hand out, and need not keep one for
 * each who asks. `generation` changes when the host voids the members' tokens.
 */
export function tokenOfPassword({ secret }: PasswordProof, generation: string): string {
  return createHmac("sha256", secret).update(`member token ${generation}`).digest("base64url");
}
