/** By these providers read how many answers a request wants; `n_cmpl` is llama.cpp's. */
const answerCounts = ["n", "best_of", "n_cmpl"] as const;
/** llama.cpp takes it in place of `max_tokens`, where both are there (its `oaicompat_chat_params_parse`). */
const OVERRULING = "n_predict";

/** Fields that the limit has to do with, beside the names that OpenAI has for it. */
export const limitedFields: readonly string[] = [...answerCounts, OVERRULING];

/**
 * The fields by which a request keeps to a limit of tokens, all of its answers together; undefined where it wants more answers
 * than there are tokens, or says so in no number.
 *
 * @param names of the limit; the first is set where the request has none. None: it makes no tokens.
 */
export function limitTokens(
  body: Record<string, unknown>,
  names: readonly string[],
  limit: number | undefined,
): Record<string, number> | undefined {
  if (limit === undefined || names.length === 0) return {};
  const each = Math.floor(limit / answersOf(body));
  if (!(each >= 1)) return undefined;
  const isGiven = (name: string) => body[name] !== undefined && body[name] !== null;
  const given = names.filter(isGiven);
  const set = [...(given.length > 0 ? given : names.slice(0, 1)), ...[OVERRULING].filter(isGiven)];
  return Object.fromEntries(set.map((name) => [name, capped(body[name], each)]));
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
