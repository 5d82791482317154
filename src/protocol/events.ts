import { z } from "zod";
import { boundedArray } from "./bounded";
import { MAX_LISTED } from "./constants";
import { participantInfoSchema, timeSchema } from "./participant";
import { roomSummarySchema } from "./room";

/** Times in ms; token counts where the provider told them. */
export const llmMetricsSchema = z.object({
  ttftMs: z.number().nonnegative(),
  durationMs: z.number().nonnegative(),
  inputTokens: z.number().nonnegative().optional(),
  outputTokens: z.number().nonnegative().optional(),
  totalTokens: z.number().nonnegative().optional(),
  tokensPerSecond: z.number().nonnegative().optional(),
});
export type LlmMetrics = z.infer<typeof llmMetricsSchema>;

export const inferenceProtocolSchema = z.enum([
  "openResponses",
  "chatCompletions",
  "completions",
  "embeddings",
]);
export type InferenceProtocol = z.infer<typeof inferenceProtocolSchema>;

const participantId = z.object({ participantId: z.string() });

function eventSchema<Type extends string, Data extends z.ZodType>(type: Type, data: Data) {
  return z.object({
    type: z.literal(type),
    timestamp: timeSchema,
    roomCode: z.string().optional(),
    data,
  });
}

/** What a hub tells the watchers of a room. One member per type, discriminated by `type`. */
export const roomEventSchema = z.discriminatedUnion("type", [
  /** First on every stream. `room` and `participants` are ours: a complete snapshot. */
  eventSchema(
    "connected",
    z.object({
      clientId: z.string().optional(),
      room: roomSummarySchema.optional(),
      participants: boundedArray(participantInfoSchema, MAX_LISTED).optional(),
      /** Ours: what follows is what was missed since `Last-Event-ID`; there is no snapshot. */
      resumed: z.boolean().optional(),
    }),
  ),
  eventSchema("room.created", roomSummarySchema),
  /** Ours: renamed, or its defaults changed. */
  eventSchema("room.updated", roomSummarySchema),
  /** Ours: the host closed it; the stream ends. */
  eventSchema("room.closed", z.object({})),
  /** Registered; its tunnel is usually not open yet, so that it is still offline. */
  eventSchema("participant.joined", participantInfoSchema),
  /** The card, status or connection changed. */
  eventSchema("participant.updated", participantInfoSchema),
  eventSchema("participant.left", participantId),
  eventSchema("participant.offline", participantId),
  eventSchema(
    "llm.request",
    z.object({
      requestId: z.string(),
      participantId: z.string(),
      model: z.string(),
      protocol: inferenceProtocolSchema,
    }),
  ),
  /** Ours: a request waits for a participant, or moved up. 1 is next. */
  eventSchema(
    "llm.queued",
    z.object({
      requestId: z.string(),
      /** Where one was meant, not a model. */
      participantId: z.string().optional(),
      position: z.number().int().positive(),
      /** By how long earlier answers took; absent where none is known. */
      estimatedWaitMs: z.number().nonnegative().optional(),
    }),
  ),
  eventSchema(
    "llm.complete",
    z.object({
      requestId: z.string(),
      participantId: z.string(),
      model: z.string().optional(),
      protocol: inferenceProtocolSchema.optional(),
      metrics: llmMetricsSchema.optional(),
    }),
  ),
  eventSchema(
    "llm.error",
    z.object({
      requestId: z.string(),
      participantId: z.string(),
      nickname: z.string().optional(),
      endpoint: z.string().optional(),
      model: z.string().optional(),
      protocol: inferenceProtocolSchema.optional(),
      stage: z.string(),
      error: z.string(),
    }),
  ),
]);
export type RoomEvent = z.infer<typeof roomEventSchema>;
