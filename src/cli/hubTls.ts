import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { HumanError } from "../common/humanError";
import type { TlsIdentity } from "../hub/certificate";
import { keptCertificate } from "./keptCertificate";

export interface TlsFlags {
  tls?: boolean;
  cert?: string;
  key?: string;
  /** Names and addresses that teammates use. */
  host: string;
  allowedHost?: string[];
}

/**
 * The certificate that a hub's flags ask for: files of one's own, or the self-signed one that lies in the folder; undefined
 * where they ask for none. @throws HumanError
 */
export async function tlsFor(flags: TlsFlags, folder: () => string): Promise<TlsIdentity | undefined> {
  const { tls, cert, key, host, allowedHost = [] } = flags;
  if (cert !== undefined && key !== undefined) {
    const [certificate, privateKey] = await Promise.all([readPem(cert), readPem(key)]);
    return { cert: certificate, key: privateKey };
  }
  if (cert !== undefined || key !== undefined) {
    const missing = cert === undefined ? "--cert" : "--key";
    throw new HumanError(
      "INVALID_INPUT",
      `A certificate and its key go together: ${missing} is missing.`,
      "Give both, or --tls for a self-signed certificate that the hub makes.",
    );
  }
  return tls ? keptCertificate(join(resolve(folder()), "tls"), [host, ...allowedHost]) : undefined;
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const hint = "Check the path, and that the hub's user may read it.";
    throw new HumanError("INVALID_INPUT", `Cannot read ${path} (${code}).`, hint, { cause });
  }
}
