import { z } from "zod";
import { parseJson } from "../common/parseJson";
import { type ParticipantMessage, participantMessageSchema } from "../protocol/tunnel";

export type ParsedMessage =
  | { valid: true; message: ParticipantMessage }
  | { valid: false; reason: "not JSON" | "unknown type" | "wrong fields"; requestId?: string };

/** Enough of a message to tell whose it is. */
const envelopeSchema = z.object({ type: z.string(), requestId: z.string().optional().catch(undefined) });
const knownTypes = new Set(
  participantMessageSchema.options.map((option) => option.shape.type.value as string),
);

/** As all that make it with `JSON.stringify` write it. */
const chunkHead = /^\{"type":"tunnel\.response\.chunk","requestId":"([\w-]{1,200})","chunk":"/;
const CHUNK_TAIL = '"}';

/** A text frame from a participant. A type that we do not know is no fault: it may be an addition that we lack. */
export function parseParticipantMessage(text: string): ParsedMessage {
  const chunk = plainChunk(text);
  if (chunk) return { valid: true, message: chunk };
  const json = tryJson(text);
  const parsed = participantMessageSchema.safeParse(json);
  if (parsed.success) return { valid: true, message: parsed.data };
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return { valid: false, reason: "not JSON" };
  const { type, requestId } = envelope.data;
  return { valid: false, reason: knownTypes.has(type) ? "wrong fields" : "unknown type", requestId };
}

/**
 * A token's path on the base: reading it as JSON takes longer than all else that is done for a long one. Anything but base64
 * without an escape is left to the schema.
 */
function plainChunk(text: string): ParticipantMessage | undefined {
  const [head, requestId] = chunkHead.exec(text) ?? [];
  if (head === undefined || requestId === undefined) return undefined;
  const end = text.indexOf('"', head.length);
  if (end === -1 || text.slice(end) !== CHUNK_TAIL) return undefined;
  const chunk = text.slice(head.length, end);
  if (chunk.includes("\\")) return undefined;
  return { type: "tunnel.response.chunk", requestId, chunk };
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined; // The schemas refuse it with everything else that is no message.
  }
}
