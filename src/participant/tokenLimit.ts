/** By these providers read how many answers a request wants; `n_cmpl` is llama.cpp's. */
const answerCounts = ["n", "best_of", "n_cmpl"] as const;
/**
 * The limit's names. All are looked at, whatever is asked for: llama.cpp reads `n_predict`, then `max_completion_tokens`, on
 * each of its routes, and mlx_lm the latter on both of its own.
 */
const limitNames = ["max_tokens", "max_completion_tokens", "max_output_tokens", "n_predict"] as const;

/** By it text-generation-webui takes all that the context has room for, whatever limit is beside it. */
const NO_LIMIT = "auto_max_new_tokens";

/** Fields that the limit has to do with. */
export const limitedFields: readonly string[] = [...answerCounts, ...limitNames, NO_LIMIT];

/** By which name a provider is told the limit. */
export interface LimitName {
  /** Set in every request: another name may be one that the provider passes over, as Ollama does `max_completion_tokens`. */
  readonly name: (typeof limitNames)[number];
  /** It knows two names, and refuses both at once. */
  readonly takesOne: boolean;
}

/**
 * The fields by which a request keeps to a limit of tokens, all of its answers together; undefined where it wants more answers
 * than there are tokens, or says so in no number.
 *
 * @param by undefined: it makes no tokens.
 */
export function limitTokens(
  body: Record<string, unknown>,
  by: LimitName | undefined,
  limit: number | undefined,
): Record<string, number | false> | undefined {
  if (limit === undefined || !by) return {};
  const each = Math.floor(limit / answersOf(body));
  if (!(each >= 1)) return undefined;
  const given = limitNames.filter((name) => body[name] !== undefined && body[name] !== null);
  const set = Object.fromEntries(given.map((name) => [name, capped(body[name], each)]));
  const rest: Record<string, false> = body[NO_LIMIT] ? { [NO_LIMIT]: false } : {};
  if (by.takesOne && (set.max_tokens ?? set.max_completion_tokens) !== undefined) return { ...set, ...rest };
  return { [by.name]: Math.min(each, ...Object.values(set)), ...set, ...rest };
}

function capped(asked: unknown, cap: number): number {
  return typeof asked === "number" && asked >= 1 && asked <= cap ? asked : cap;
}

/** How many it wants; NaN where that is no number. */
function answersOf(body: Record<string, unknown>): number {
  const counts = answerCounts
    .map((name) => body[name] ?? 1)
    .map((count) => (isCount(count) ? count : Number.NaN));
  return Math.max(...counts) * promptsIn(body.prompt);
}

function isCount(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 1;
}

/** A list of numbers is one prompt, in tokens. */
function promptsIn(prompt: unknown): number {
  return Array.isArray(prompt) && typeof prompt[0] !== "number" ? Math.max(1, prompt.length) : 1;
}
