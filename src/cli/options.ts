import { InvalidArgumentError, Option } from "commander";
import { DEFAULT_HUB_PORT } from "../protocol/constants";

/** The environment variables that stand for options; a secret in argv can be seen by every user of the machine. */
const hubVariable = "LLM_ROOMS_HUB";
const passwordVariable = "LLM_ROOMS_PASSWORD";
export const apiKeyVariable = "LLM_ROOMS_API_KEY";

export function hubOption(): Option {
  return new Option("--hub <url>", "the hub's URL")
    .env(hubVariable)
    .default(`http://localhost:${DEFAULT_HUB_PORT}`);
}

export function roomOption(): Option {
  return new Option("--room <code>", "the room's code; may be left out where the hub has one room only");
}

export function passwordOption(what: string): Option {
  return new Option("--password <password>", what).env(passwordVariable);
}

export function jsonOption(what: string): Option {
  return new Option("--json", what);
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
