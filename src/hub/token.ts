import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 bits: nobody guesses one, however long they try. */
const TOKEN_BYTES = 32;

export function makeToken(): string {
  return randomBytes(TOKEN_BYTES).toString("base64url");
}

/** All that a hub keeps of a token: SHA-256 in base64url. A token is random, so that no salt is needed. */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("base64url");
}

/** Compares hashes in constant time; costs the same where there is nothing to compare with. */
export function sameHash(given: string | undefined, kept: string | undefined): boolean {
  const same = timingSafeEqual(bytesOf(given), bytesOf(kept));
  return same && given !== undefined && kept !== undefined;
}

const HASH_BYTES = 32;

function bytesOf(hash: string | undefined): Buffer {
  const bytes = Buffer.alloc(HASH_BYTES);
  if (hash !== undefined) bytes.write(hash, "base64url");
  return bytes;
}
