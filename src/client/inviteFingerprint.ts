import { isIP } from "node:net";
import { connect } from "node:tls";

/** A hub that does not answer in this time keeps its fingerprint, ms. */
const TIMEOUT_MS = 5_000;

/**
 * The fingerprint that an invite to a hub names: the known one, or none where an authority vouches for what answers there.
 * Such a certificate is renewed every few months, and each time an invite that names it would be void.
 */
export async function inviteFingerprint(
  hubUrl: string,
  known: string | undefined,
): Promise<string | undefined> {
  // In the clear there is none: a proxy stands there.
  if (known === undefined || !hubUrl.startsWith("https:")) return undefined;
  return (await isVouchedFor(new URL(hubUrl))) ? undefined : known;
}

function isVouchedFor({ hostname, port }: URL): Promise<boolean> {
  const host = hostname.replace(/^\[|\]$/g, "");
  const name = isIP(host) === 0 ? { servername: host } : {};
  return new Promise((resolve) => {
    const finish = (isVouched: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(isVouched);
    };
    const timer = setTimeout(finish, TIMEOUT_MS, false);
    // It is refused, by an error, where no authority of this machine vouches for it, or not by that name.
    const socket = connect({ host, port: Number(port || 443), ...name })
      .on("error", () => finish(false))
      .once("secureConnect", () => {
        const certificate = socket.getPeerX509Certificate();
        // One that vouches for itself is trusted on this machine only, by NODE_EXTRA_CA_CERTS.
        finish(socket.authorized && certificate !== undefined && !certificate.verify(certificate.publicKey));
      });
  });
}
