import type { TLSSocket } from "node:tls";
import { HumanError } from "../common/humanError";

/** Why nothing may be sent over this socket, whose handshake is over; undefined where it shows the pinned certificate. */
export function pinError(socket: TLSSocket, fingerprint: string, host: string): HumanError | undefined {
  if (socket.getPeerX509Certificate()?.fingerprint256 === fingerprint) return undefined;
  return new HumanError(
    "WRONG_CERTIFICATE",
    `${host} shows another certificate than the invite's: the hub was set up anew, or somebody is in between.`,
    "Nothing was sent. Ask whoever runs the hub for a new invite link.",
  );
}

/** A connection in the clear cannot be pinned: an invite that asks for both is wrong, or was meddled with. */
export function notSecureError(host: string): HumanError {
  return new HumanError(
    "WRONG_CERTIFICATE",
    `The invite names a certificate, but ${host} would be called without encryption.`,
    "Nothing was sent. Ask whoever runs the hub for a new invite link.",
  );
}
