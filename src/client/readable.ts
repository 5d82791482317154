import type { z } from "zod";

/** More rooms or participants are not shown: no team has them, a hostile hub might. */
const MAX_LISTED = 1_000;

/** The entries of a foreign list that the schema knows, parsed one by one; bounded. */
export function readable<T extends z.ZodType>(entries: readonly unknown[], schema: T): z.output<T>[] {
  const results = entries.slice(0, MAX_LISTED).map((entry) => schema.safeParse(entry));
  return results.flatMap((result) => (result.success ? [result.data] : []));
}
