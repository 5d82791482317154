import { HumanError } from "../common/humanError";
import { certificateError } from "../net/certificateError";
import { safeText } from "./safeText";

type Say = (host: string) => HumanError;

const unreachable = (message: (host: string) => string, hint: string): Say => {
  return (host) => new HumanError("HUB_UNREACHABLE", message(host), hint);
};
const timedOut: Say = (host) => {
  const hint = "Check that the hub runs and that no firewall is between, then try again.";
  return new HumanError("TIMED_OUT", `${host} does not answer in time.`, hint);
};
const notHttp: Say = (host) => {
  return new HumanError("NOT_A_HUB", `What answers at ${host} is not a hub.`, "Check the address and port.");
};
const refused = unreachable(
  (host) => `No hub listens at ${host}.`,
  "Start the hub there, or check the address and port.",
);
const unknownHost = unreachable(
  (host) => `${host} is not known on this network.`,
  "Check its spelling, or the VPN that it needs.",
);
const noRoute = unreachable(
  (host) => `This machine has no way to ${host}.`,
  "Check the network or the VPN, then try again.",
);
const closed = unreachable(
  (host) => `${host} closed the connection.`,
  "Check that the hub still runs, then try again.",
);
const notTls = unreachable(
  (host) => `${host} does not speak https.`,
  "Use an address that begins with http://.",
);

const byCode: Readonly<Record<string, Say>> = {
  ECONNREFUSED: refused,
  ENOTFOUND: unknownHost,
  EAI_AGAIN: unknownHost,
  EHOSTUNREACH: noRoute,
  ENETUNREACH: noRoute,
  EADDRNOTAVAIL: noRoute,
  ETIMEDOUT: timedOut,
  UND_ERR_CONNECT_TIMEOUT: timedOut,
  ECONNRESET: closed,
  EPIPE: closed,
  UND_ERR_SOCKET: closed,
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: closed,
  UND_ERR_HEADERS_OVERFLOW: notHttp,
  EPROTO: notTls,
  ERR_SSL_WRONG_VERSION_NUMBER: notTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: notTls,
};

/** What a failed connection to a hub means to a person. A HumanError passes through. */
export function networkError(error: unknown, hubUrl: string): HumanError {
  if (error instanceof HumanError) return error;
  const host = hostOf(hubUrl);
  const code = errorCode(error);
  const untrusted = certificateError(host, code, error);
  if (untrusted) return untrusted;
  const say = code.startsWith("HPE_") ? notHttp : byCode[code];
  if (say) return say(host);
  const reason = code === "" ? "" : ` (${safeText(code, 60)})`;
  const hint = "Check the network and the hub, then try again.";
  return new HumanError("HUB_UNREACHABLE", `The connection to ${host} failed${reason}.`, hint, {
    cause: error,
  });
}

/** Host and port as a person knows them. */
export function hostOf(hubUrl: string): string {
  return URL.canParse(hubUrl) ? new URL(hubUrl).host : "the hub";
}

/** Node hides the reason in `cause`, or in the first of several addresses that were tried. */
function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if (error instanceof AggregateError && error.errors.length > 0) return errorCode(error.errors[0]);
  if ("code" in error && typeof error.code === "string") return error.code;
  // undici leaves out the parser's code; a chunked answer without its last chunk is told by the message alone.
  if (error.name === "HTTPParserError") return /EOF/.test(error.message) ? "UND_ERR_SOCKET" : "HPE_INVALID";
  return error.cause === undefined ? "" : errorCode(error.cause);
}
