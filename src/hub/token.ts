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
  const isHash = given?.length === HASH_LENGTH && kept?.length === HASH_LENGTH;
  const same = timingSafeEqual(write(given, givenBytes), write(kept, keptBytes));
  return same && isHash;
}

/** Of a SHA-256 in base64url. */
const HASH_LENGTH = 43;
/** Used anew for each comparison: a request makes up to seven. */
const givenBytes = Buffer.alloc(HASH_LENGTH);
const keptBytes = Buffer.alloc(HASH_LENGTH);

function write(hash: string | undefined, bytes: Buffer): Buffer {
  if (bytes.write(hash ?? "", "latin1") < HASH_LENGTH) bytes.fill(0);
  return bytes;
}
