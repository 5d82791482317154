import { HumanError } from "../common/humanError";

type Words = readonly [message: (host: string) => string, hint: string];

/** Whoever makes a hub's first room has no invite yet. */
const byFingerprint =
  "in the terminal --fingerprint takes the certificate's fingerprint, which the hub prints when it starts.";

const selfSigned: Words = [
  (host) => `${host} has a self-signed certificate, which nobody vouches for here.`,
  `Join by a room's invite link that names the certificate; ${byFingerprint}`,
];
const unknownIssuer: Words = [
  (host) =>
    `The certificate of ${host} is from an authority that this machine does not know, or its chain is not whole.`,
  `Whoever runs the hub adds the chain to --cert, or you trust the authority here (NODE_EXTRA_CA_CERTS=ca.pem); ${byFingerprint}`,
];
const otherName: Words = [
  (host) => `The certificate of ${host} is for another name.`,
  `Call the hub by a name that stands in it; ${byFingerprint}`,
];
const expired: Words = [
  (host) => `The certificate of ${host} has expired.`,
  "Ask whoever runs the hub to renew it, and check this machine's clock.",
];

const byCode: Readonly<Record<string, Words>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: selfSigned,
  SELF_SIGNED_CERT_IN_CHAIN: unknownIssuer,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT: unknownIssuer,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: unknownIssuer,
  ERR_TLS_CERT_ALTNAME_INVALID: otherName,
  CERT_HAS_EXPIRED: expired,
};

/** Why the authorities of this machine do not vouch for a hub's certificate; undefined where the code says none of that. */
export function certificateError(host: string, code: string, cause: unknown): HumanError | undefined {
  const words = byCode[code];
  return words && new HumanError("HUB_UNREACHABLE", words[0](host), words[1], { cause });
}
