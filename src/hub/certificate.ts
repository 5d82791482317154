import { createPrivateKey, X509Certificate } from "node:crypto";
import { HumanError } from "../common/humanError";

/** A certificate (with its chain, where it has one) and its key, both as PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/**
 * The SHA-256 fingerprint of a hub's certificate, as clients pin it.
 * @throws HumanError where certificate and key are damaged, or do not belong together
 */
export function fingerprintOf({ cert, key }: TlsIdentity): string {
  const certificate = read("The certificate", () => new X509Certificate(cert));
  const privateKey = read("The certificate's key", () => createPrivateKey(key));
  if (certificate.checkPrivateKey(privateKey)) return certificate.fingerprint256;
  throw new HumanError(
    "INVALID_INPUT",
    "The key does not belong to the certificate.",
    "Give the two that were made together.",
  );
}

function read<T>(what: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    throw new HumanError(
      "INVALID_INPUT",
      `${what} cannot be read: it is damaged, or something else.`,
      "Give PEM, which begins with -----BEGIN; the key without a passphrase.",
      { cause },
    );
  }
}
