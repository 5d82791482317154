import { isIP } from "node:net";
import { hostname, networkInterfaces } from "node:os";
import type { TlsIdentity } from "../hub/certificate";

/** Nobody renews it: whoever pins it looks at its fingerprint alone, years. */
const VALID_YEARS = 10;
const DAY_MS = 24 * 60 * 60 * 1_000;
/** Of the names and addresses in it; a machine has few. */
const MAX_NAMES = 64;

/** A self-signed certificate for this machine. @param hosts names and addresses besides its own */
export async function makeCertificate(hosts: readonly string[], now: number): Promise<TlsIdentity> {
  // Of all commands only a hub's first start needs it, and it is large.
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: "LLM Rooms hub" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // A client's clock may be slow.
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_YEARS * 365 * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: namesOf(hosts).map(toAltName) },
    ],
  });
  return { cert: made.cert, key: made.private };
}

function namesOf(hosts: readonly string[]): string[] {
  const machine = hostname();
  const addresses = Object.values(networkInterfaces()).flatMap((all) => all?.map(({ address }) => address));
  const all = ["localhost", "127.0.0.1", "::1", machine, `${machine}.local`, ...hosts, ...addresses];
  const usable = all.filter((name) => name !== undefined).filter(isNameOrAddress);
  return [...new Set(usable)].slice(0, MAX_NAMES);
}

/** What a certificate can hold: ASCII, and no address that means any. */
function isNameOrAddress(name: string): boolean {
  if (isIP(name)) return name !== "0.0.0.0" && name !== "::";
  return /^[a-z\d]([a-z\d.-]{0,250}[a-z\d])?$/i.test(name);
}

function toAltName(name: string) {
  return isIP(name) ? ({ type: 7, ip: name } as const) : ({ type: 2, value: name } as const);
}
