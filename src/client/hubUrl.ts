import { HumanError } from "../common/humanError";
import { DEFAULT_HUB_PORT } from "../protocol/constants";

const MAX_URL_LENGTH = 2_000;
const urlHint = `Enter it like http://192.168.1.20:${DEFAULT_HUB_PORT}.`;
/** What people paste along with the hub's address: an API root, or a room's OpenAI endpoint. */
const knownPath = /\/(?:v1(?:\/.*)?|rooms\/[^/]+(?:\/.*)?)$/;

/**
 * A hub's base URL from what a person typed: `http` where no scheme is given, and the hub's usual port where neither
 * scheme nor port is. @throws HumanError INVALID_INPUT
 */
export function normaliseHubUrl(text: string): string {
  const typed = text.trim();
  if (typed === "") throw new HumanError("INVALID_INPUT", "The hub's address is empty.", urlHint);
  const url = parse(typed);
  if (!url) throw new HumanError("INVALID_INPUT", "That is not the address of a hub.", urlHint);
  if (url.username !== "" || url.password !== "") {
    const hint = "Leave them out: a hub's address is shown and logged.";
    throw new HumanError("INVALID_INPUT", "The hub's address holds a name or a password.", hint);
  }
  const path = url.pathname.replace(knownPath, "").replace(/\/+$/, "");
  return `${url.origin}${path}`;
}

function parse(typed: string): URL | undefined {
  const hasScheme = /^[a-z][a-z\d+.-]*:\/\//i.test(typed);
  const url = typed.length > MAX_URL_LENGTH ? undefined : tryUrl(hasScheme ? typed : `http://${typed}`);
  if (!url || !/^https?:$/.test(url.protocol) || url.hostname === "") return undefined;
  // Without a scheme "host:80" keeps its port although URL drops it as http's own.
  if (!hasScheme && url.port === "" && !/^[^/?#]*:80(?:[/?#]|$)/.test(typed))
    url.port = `${DEFAULT_HUB_PORT}`;
  return url;
}

function tryUrl(text: string): URL | undefined {
  try {
    return new URL(text);
  } catch {
    return undefined; // Not a URL: the caller says so.
  }
}
