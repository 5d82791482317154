import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";

const SALT_BYTES = 16;
const KEY_BYTES = 32;
const derive = promisify<string, Buffer, number, Buffer>(scrypt);

export interface PasswordHash {
  salt: Buffer;
  key: Buffer;
}

/** Slow on purpose, and off the main thread: tokens go on flowing meanwhile. */
export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(SALT_BYTES);
  return { salt, key: await derive(password.normalize("NFKC"), salt, KEY_BYTES) };
}

export async function verifyPassword(password: string, { salt, key }: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password.normalize("NFKC"), salt, KEY_BYTES), key);
}
