import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { diskFull } from "../common/diskFull";
import { HumanError } from "../common/humanError";
import { fingerprintOf, type TlsIdentity } from "../hub/certificate";
import { makeFolder } from "../hub/makeFolder";
import { makeCertificate } from "./makeCertificate";

const certificateFile = "certificate.pem";
const keyFile = "key.pem";

/**
 * The self-signed certificate that lies in a folder, made there at the first time: the same at each start, or the invites
 * that carry its fingerprint would be void.
 * @throws HumanError where what lies there is damaged or expired: nothing is replaced without its owner's word
 */
export async function keptCertificate(
  folder: string,
  hosts: readonly string[],
  now = Date.now(),
): Promise<TlsIdentity> {
  const kept = (await readIdentity(folder)) ?? (await makeAndKeep(folder, hosts, now));
  try {
    fingerprintOf(kept);
  } catch (cause) {
    throw unusable(folder, "cannot be used: a file is damaged, or one of another pair", cause);
  }
  const { validTo } = new X509Certificate(kept.cert);
  if (Date.parse(validTo) <= now) throw unusable(folder, `has expired on ${validTo}`);
  return kept;
}

/** Undefined where there is none. */
async function readIdentity(folder: string): Promise<TlsIdentity | undefined> {
  const [cert, key] = await Promise.all([
    readText(join(folder, certificateFile)),
    readText(join(folder, keyFile)),
  ]);
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined) throw unusable(folder, `is not whole: ${certificateFile} is missing`);
  if (key === undefined) throw unusable(folder, `is not whole: ${keyFile} is missing`);
  return { cert, key };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw cannot("read", path, cause);
  }
}

/** Both files come into place at once: two hubs that start together must not mix their pairs. */
async function makeAndKeep(folder: string, hosts: readonly string[], now: number): Promise<TlsIdentity> {
  const made = await makeCertificate(hosts, now);
  let temporary: string | undefined;
  try {
    await makeFolder(dirname(folder));
    temporary = await mkdtemp(`${folder}-`);
    await writeFile(join(temporary, keyFile), made.key, { mode: 0o600 });
    await writeFile(join(temporary, certificateFile), made.cert, { mode: 0o644 });
    await rename(temporary, folder);
    return made;
  } catch (cause) {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    const others = await readIdentity(folder);
    if (others) return others;
    throw diskFull(folder, cause) ?? cannot("make", folder, cause);
  }
}

function cannot(what: "read" | "make", path: string, cause: unknown): HumanError {
  const { code = "" } = cause as NodeJS.ErrnoException;
  const hint = "Give a folder of your own with --data, or a certificate with --cert and --key.";
  return new HumanError("SETUP_FAILED", `Cannot ${what} ${path} (${code}).`, hint, { cause });
}

function unusable(folder: string, why: string, cause?: unknown): HumanError {
  return new HumanError(
    "SETUP_FAILED",
    `The hub's certificate in ${folder} ${why}.`,
    "Restore it, or remove that folder: the hub makes another, and rooms then need new invite links.",
    { cause },
  );
}
