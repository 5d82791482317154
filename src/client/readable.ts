import type { z } from "zod";
import { MAX_LISTED } from "../protocol/constants";

/** The entries of a foreign list that the schema knows, parsed one by one; bounded. */
export function readable<T extends z.ZodType>(entries: readonly unknown[], schema: T): z.output<T>[] {
  const results = entries.slice(0, MAX_LISTED).map((entry) => schema.safeParse(entry));
  return results.flatMap((result) => (result.success ? [result.data] : []));
}
