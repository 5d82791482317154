import { z } from "zod";
import { boundedRecord, cutText } from "./bounded";
import { MAX_RELAYED_BODY_BYTES } from "./constants";
import { participantStatusSchema } from "./participant";

const requestId = z.string().min(1).max(200);
/** Providers send some twenty. */
const MAX_HEADERS = 200;
/** A failure's words; a person reads a few hundred, spaces put together, UTF-16 units. */
const MAX_FAILURE_LENGTH = 2_000;
/** Where a request failed. Whatever else a participant calls it is told as "other": it goes into logs and figures. */
const failureStages = [
  "provider",
  "timeout",
  "tunnel",
  "cancelled",
  "protocol",
  "translation",
  "refused",
  "proxy",
] as const;
type FailureStage = (typeof failureStages)[number] | "other";

const headers = boundedRecord(z.string(), MAX_HEADERS).default({});

/** What a hub may ask of a participant, and the only method and path each stands for. */
export const tunnelOperations = {
  "chat.completions.create": { method: "POST", path: /^\/v1\/chat\/completions$/ },
  "completions.create": { method: "POST", path: /^\/v1\/completions$/ },
  "embeddings.create": { method: "POST", path: /^\/v1\/embeddings$/ },
  "models.list": { method: "GET", path: /^\/v1\/models$/ },
  "responses.create": { method: "POST", path: /^\/v1\/responses$/ },
  "responses.get": { method: "GET", path: /^\/v1\/responses\/[\w.-]{1,200}(\?.*)?$/ },
  "responses.delete": { method: "DELETE", path: /^\/v1\/responses\/[\w.-]{1,200}$/ },
  "responses.cancel": { method: "POST", path: /^\/v1\/responses\/[\w.-]{1,200}\/cancel$/ },
  "responses.input_items": { method: "GET", path: /^\/v1\/responses\/[\w.-]{1,200}\/input_items(\?.*)?$/ },
} as const;
export type TunnelOperation = keyof typeof tunnelOperations;

/** Asks for one call of the provider. Base: `body` inline. `llm-rooms.1`: `n` and `bodyBytes`, the body in binary frames. */
export const tunnelRequestSchema = z.object({
  type: z.literal("tunnel.request"),
  requestId,
  operation: z.string().max(100),
  method: z.enum(["GET", "POST", "DELETE"]),
  path: z.string().max(2_000),
  headers,
  body: z.unknown().optional(),
  stream: z.boolean().default(false),
  metadata: boundedRecord(z.unknown(), MAX_HEADERS).optional(),
  n: z.number().int().min(0).max(0xffff_ffff).optional(),
  bodyBytes: z.number().int().min(0).max(MAX_RELAYED_BODY_BYTES).optional(),
});
export type TunnelRequest = z.infer<typeof tunnelRequestSchema>;

/** Hub to participant. */
export const hubMessageSchema = z.discriminatedUnion("type", [
  tunnelRequestSchema,
  /** Answers a ping. */
  z.object({ type: z.literal("tunnel.pong"), timestamp: z.number().optional() }),
  /** `llm-rooms.1`: the requester went away; the participant aborts its provider call and confirms with end or error. */
  z.object({ type: z.literal("tunnel.cancel"), requestId }),
  /**
   * `llm-rooms.1` of a hub that lists `tunnel.credit`: so many more bytes of the answer to request `n` may be sent. The first
   * grant follows its request at once; there is none before.
   */
  z.object({
    type: z.literal("tunnel.credit"),
    n: z.number().int().min(0).max(0xffff_ffff),
    bytes: z.number().int().positive(),
  }),
]);
export type HubMessage = z.infer<typeof hubMessageSchema>;

export function toFailureStage(stage: string): FailureStage {
  return failureStages.find((known) => known === stage) ?? "other";
}

/** Participant to hub. */
export const participantMessageSchema = z.discriminatedUnion("type", [
  /** The provider's status and headers; once, before any bytes. */
  z.object({
    type: z.literal("tunnel.response.start"),
    requestId,
    status: z.number().int().min(100).max(599),
    headers,
  }),
  /** Base only: a piece of the answer in base64. On `llm-rooms.1` the bytes travel in binary frames. */
  z.object({ type: z.literal("tunnel.response.chunk"), requestId, chunk: z.string() }),
  z.object({ type: z.literal("tunnel.response.end"), requestId }),
  /** `stage`: where it failed. Never holds a prompt. */
  z.object({
    type: z.literal("tunnel.response.error"),
    requestId,
    stage: z.string().transform(toFailureStage),
    message: cutText(MAX_FAILURE_LENGTH),
  }),
  z.object({ type: z.literal("tunnel.ping"), timestamp: z.number() }),
  /** `llm-rooms.1`: sent the moment it changes. */
  z.object({
    type: z.literal("tunnel.status"),
    status: participantStatusSchema,
    active: z.number().int().nonnegative(),
  }),
]);
export type ParticipantMessage = z.infer<typeof participantMessageSchema>;

/** Why either side closes a tunnel: WebSocket close codes, each with one meaning. */
export const tunnelClose = {
  superseded: { code: 1000, reason: "Superseded by a newer tunnel session." },
  hubShutdown: { code: 1001, reason: "Hub shutting down." },
  timedOut: { code: 4001, reason: "Tunnel heartbeat timed out." },
  removed: { code: 4002, reason: "Participant left the room." },
  roomClosed: { code: 4004, reason: "The host closed the room." },
  malformed: { code: 4003, reason: "Malformed tunnel message." },
} as const;
