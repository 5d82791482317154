import { z } from "zod";
import { HumanError } from "../common/humanError";
import { MAX_TEXT_LENGTH } from "../protocol/constants";
import { capacitySchema, generationConfigSchema, type MachineSpecs } from "../protocol/participant";

/** Turns a setting's raw value into a typed one. @throws HumanError INVALID_INPUT that names the setting. */
export type SettingRule<T> = (raw: unknown, name: string) => T;

/** The hardware that may be shown to teammates. */
export type SpecName = keyof MachineSpecs;
const specNames = ["gpu", "vram", "cpu", "ram"] as const satisfies readonly SpecName[];

export interface ProposedRoom {
  readonly hubUrl: string;
  readonly roomCode: string;
}

export const booleanRule: SettingRule<boolean> = (raw, name) => {
  if (typeof raw === "boolean") return raw;
  throw wrong(name, "must be true or false", raw);
};

export const textRule: SettingRule<string> = (raw, name) => {
  if (typeof raw !== "string") throw wrong(name, "must be a text", raw);
  const text = raw.trim();
  if (text.length > MAX_TEXT_LENGTH)
    throw wrong(name, `must have at most ${MAX_TEXT_LENGTH} characters`, raw);
  return text;
};

/** An http(s) address without a trailing slash; empty only where that is allowed. */
export function urlRule({ optional }: { optional: boolean }): SettingRule<string> {
  return (raw, name) => {
    const text = typeof raw === "string" ? raw.trim() : undefined;
    if (text === "" && optional) return "";
    if (text === undefined || !isHttpUrl(text)) {
      throw wrong(name, "must be an address such as http://localhost:5567", raw);
    }
    return text.replace(/\/+$/, "");
  };
}

function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** What its owner types is held to more than what hubs take: a slip shows at once. */
const generationShape = generationConfigSchema.extend({
  max_tokens: z.number().int().positive().optional(),
  seed: z.number().int().optional(),
}).shape;

/** One of the seven sampling defaults; empty (null) means that the provider decides. */
export function generationRule<K extends keyof typeof generationShape>(
  key: K,
): SettingRule<z.infer<(typeof generationShape)[K]> | undefined> {
  return (raw, name) => {
    if (raw === null || raw === undefined || (Array.isArray(raw) && raw.length === 0)) return undefined;
    const parsed = generationShape[key].safeParse(raw);
    if (!parsed.success) throw wrong(name, generationRanges[key], raw);
    return parsed.data as z.infer<(typeof generationShape)[K]>;
  };
}

const generationRanges: Record<keyof typeof generationShape, string> = {
  temperature: "must be a number from 0 to 2",
  top_p: "must be a number from 0 to 1",
  max_tokens: "must be a whole number from 1",
  stop: "must be a list of at most 16 texts",
  frequency_penalty: "must be a number from -2 to 2",
  presence_penalty: "must be a number from -2 to 2",
  seed: "must be a whole number",
};

export const capacityRule: SettingRule<number> = (raw, name) => {
  const parsed = capacitySchema.safeParse(raw);
  if (!parsed.success) throw wrong(name, "must be a whole number from 1 to 64", raw);
  return parsed.data;
};

export const maxTokensRule: SettingRule<number | undefined> = (raw, name) => {
  if (raw === null || raw === undefined) return undefined;
  if (typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 1) return raw;
  throw wrong(name, "must be a whole number from 1, or empty", raw);
};

export const specsRule: SettingRule<readonly SpecName[]> = (raw, name) => {
  const known = (value: unknown): value is SpecName => specNames.some((spec) => spec === value);
  if (Array.isArray(raw) && raw.every(known)) return raw;
  throw wrong(name, `must be a list of any of ${specNames.join(", ")}`, raw);
};

export const proposedRoomRule: SettingRule<ProposedRoom | undefined> = (raw, name) => {
  if (raw === null || raw === undefined) return undefined;
  const { hubUrl, roomCode } = typeof raw === "object" ? (raw as Record<string, unknown>) : {};
  const code = textRule(roomCode ?? "", `${name}.roomCode`);
  if (!code) throw wrong(`${name}.roomCode`, "must be a room's code", roomCode);
  return { hubUrl: urlRule({ optional: false })(hubUrl, `${name}.hubUrl`), roomCode: code };
};

/** The machine's specs without what the user withholds. */
export function shownSpecs(specs: MachineSpecs, shown: readonly SpecName[]): MachineSpecs {
  return Object.fromEntries(Object.entries(specs).filter(([name]) => shown.some((each) => each === name)));
}

function wrong(name: string, rule: string, raw: unknown): HumanError {
  const value = JSON.stringify(raw)?.slice(0, 80);
  return new HumanError(
    "INVALID_INPUT",
    `The setting ${name} ${rule}${value === undefined ? "" : ` (it is ${value})`}.`,
    "Correct it in the settings.",
  );
}
