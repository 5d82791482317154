import { type Command, InvalidArgumentError, Option } from "commander";
import { HumanError } from "../common/humanError";
import { DEFAULT_HUB_PORT } from "../protocol/constants";
import { fingerprintSchema } from "../protocol/invite";

/** The environment variables that stand for options; a secret in argv can be seen by every user of the machine. */
export const variables = {
  hub: "LLM_ROOMS_HUB",
  fingerprint: "LLM_ROOMS_FINGERPRINT",
  invite: "LLM_ROOMS_INVITE",
  token: "LLM_ROOMS_TOKEN",
  hostToken: "LLM_ROOMS_HOST_TOKEN",
  password: "LLM_ROOMS_PASSWORD",
  apiKey: "LLM_ROOMS_API_KEY",
} as const;

/** Which hub: read by `findHub`, where the environment comes second. */
export interface HubFlags {
  hub?: string;
  fingerprint?: string;
}

/** Which room, and what lets one in: read by `findRoom`. */
export interface RoomFlags extends HubFlags {
  invite?: string;
  room?: string;
  token?: string;
  password?: string;
}

export function addHubOptions(command: Command): Command {
  return command
    .option(
      "--hub <url>",
      `the hub's URL; else ${variables.hub}, else this machine's own at port ${DEFAULT_HUB_PORT}`,
    )
    .option(
      "--fingerprint <sha256>",
      "of the hub's own certificate, as the hub prints it; invites and hubs of this machine bring theirs",
      fingerprint,
    );
}

export function addRoomOptions(command: Command): Command {
  command
    .optionsGroup("Which room:")
    .option("--invite <link>", `the room's invite link; - reads it from stdin; else ${variables.invite}`)
    .option(
      "--room <code>",
      "the room's code; may be left out where the hub has one room only",
      notEmpty("the room"),
    );
  return addHubOptions(command)
    .option("--token <token>", `the room's member token; better in ${variables.token}`)
    .option("--password <password>", `the room's password; better in ${variables.password}`)
    .optionsGroup("Options:");
}

/** Pairs of hex digits in either case, with colons or without. @returns undefined where that is no SHA-256 */
export function readFingerprint(text: string): string | undefined {
  const pairs = text.replaceAll(":", "").toUpperCase().match(/../g) ?? [];
  const parsed = fingerprintSchema.safeParse(pairs.join(":"));
  return parsed.success && text.length <= parsed.data.length ? parsed.data : undefined;
}

/** A parser for commander. */
function fingerprint(text: string): string {
  const read = readFingerprint(text);
  if (read !== undefined) return read;
  throw new InvalidArgumentError("It must be a SHA-256: 32 pairs of hex digits.");
}

/**
 * A token or key, which goes into a header: a line's end that was copied with it is none of it. Undefined where nothing is
 * given. @throws HumanError where no header takes it: the connection would be blamed
 */
export function readSecret(text: string | undefined, name: string): string | undefined {
  const secret = text?.trim();
  if (!secret) return undefined;
  if (/^[\x20-\x7e]+$/.test(secret)) return secret;
  const hint = "Copy it once more: it is one line of ASCII.";
  throw new HumanError("INVALID_INPUT", `${name} holds characters that no token or key has.`, hint);
}

export function publicUrlOption(): Option {
  return new Option("--public-url <url>", "where teammates reach the hub, for the invite link");
}

export function jsonOption(what: string): Option {
  return new Option("--json", what);
}

/** A parser for commander: an empty variable of a script must not go for a name. @param what it must name */
export function notEmpty(what: string): (text: string) => string {
  return (text) => {
    if (text.trim() !== "") return text;
    throw new InvalidArgumentError(`It must name ${what}.`);
  };
}

/** A parser for commander: a whole number within bounds. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d{1,9}$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`);
  };
}

/** A parser for commander: minutes above 0, fractions allowed, as ms. */
export function minutes(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= MAX_MINUTES) return value * 60_000;
  throw new InvalidArgumentError("It must be a number of minutes above 0.");
}

/** A parser for commander: seconds above 0, fractions allowed, as ms. */
export function seconds(text: string): number {
  const value = Number(text);
  if (Number.isFinite(value) && value > 0 && value <= MAX_MINUTES * 60) return value * 1_000;
  throw new InvalidArgumentError("It must be a number of seconds above 0.");
}

/** 24 days: the longest that a timer can wait. */
const MAX_MINUTES = 34_560;
