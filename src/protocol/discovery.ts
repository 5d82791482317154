import { z } from "zod";
import { fingerprintSchema } from "./invite";

/** Service types of multicast DNS, without `_` and `._tcp`. */
export const hubServices = { "llm-rooms": "llm-rooms", gambi: "gambi" } as const;
export type HubService = keyof typeof hubServices;

const shortField = z.string().max(100).optional().catch(undefined);

/** The TXT record of `_llm-rooms._tcp`. A Gambi hub has `{version, protocol}` of its own. */
export const hubTxtSchema = z.object({
  version: shortField,
  /** "1" where it speaks HTTPS. */
  tls: shortField,
  /** Told by whoever announced it: to be compared with an invite's, never to be trusted. */
  fingerprint: fingerprintSchema.optional().catch(undefined),
});
export type HubTxt = z.infer<typeof hubTxtSchema>;
