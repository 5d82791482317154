import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LIST_LENGTH } from "./constants";
import { participantInfoSchema, participantStatusSchema, timeSchema } from "./participant";
import { tokenSchema } from "./room";

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
  /** Ours: no token, or one that does not fit. An unknown room looks the same, so that nobody can try codes. */
  "UNAUTHORIZED",
  /** Ours: a member's token where the participant's own, or the host's, is needed. */
  "FORBIDDEN",
  /** Ours, with `Retry-After`: a client asks, or guesses, too often. */
  "TOO_MANY_REQUESTS",
  /** Ours: a room, list or hub is as full as its limits allow. */
  "LIMIT_REACHED",
  /** Ours, with `Retry-After`: no place in the room's queue, or none came free in time. */
  "QUEUE_FULL",
  "QUEUE_TIMEOUT",
  /** Ours: the hub is shutting down and begins nothing new. */
  "HUB_CLOSING",
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
  /** Ours: at the first PUT only. The bearer of later PUT, heartbeat and DELETE of this id. */
  participantToken: tokenSchema.optional(),
});
export type Registered = z.infer<typeof registeredSchema>;

export const heartbeatResultSchema = z.object({
  success: z.literal(true),
  status: participantStatusSchema,
  lastSeen: timeSchema,
});
