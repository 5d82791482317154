import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LIST_LENGTH } from "./constants";
import { participantInfoSchema, participantStatusSchema, timeSchema } from "./participant";

export const errorCodeSchema = z.enum([
  "ROOM_NOT_FOUND",
  "PARTICIPANT_NOT_FOUND",
  "INVALID_REQUEST",
  "INVALID_PASSWORD",
  "PARTICIPANT_CONFLICT",
  "PARTICIPANT_BUSY",
  "PARTICIPANT_TUNNEL_NOT_CONNECTED",
  "MODEL_NOT_FOUND",
  "ENDPOINT_NOT_REACHABLE",
  "INTERNAL_ERROR",
]);
export type ErrorCode = z.infer<typeof errorCodeSchema>;

const metaSchema = z.object({ requestId: z.string() });

/** Every successful answer of the management plane. */
export function successSchema<T extends z.ZodType>(data: T) {
  return z.object({ data, meta: metaSchema.optional() });
}

/** Every refusal of the management plane. `code` stays a string: a foreign hub may know more codes than we do. */
export const failureSchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    details: z.unknown().optional(),
  }),
  meta: metaSchema.optional(),
});
export type Failure = z.infer<typeof failureSchema>;

export const healthSchema = z.object({
  status: z.literal("ok"),
  timestamp: z.number(),
  /** Ours: absent on a plain Gambi hub. */
  hub: z
    .object({ name: z.string(), version: z.string(), features: boundedArray(z.string(), MAX_LIST_LENGTH) })
    .optional(),
});
export type Health = z.infer<typeof healthSchema>;

export const registeredSchema = z.object({
  participant: participantInfoSchema,
  roomId: z.string(),
  tunnel: z.object({ url: z.string(), token: z.string().min(1) }),
});
export type Registered = z.infer<typeof registeredSchema>;

export const heartbeatResultSchema = z.object({
  success: z.literal(true),
  status: participantStatusSchema,
  lastSeen: timeSchema,
});
