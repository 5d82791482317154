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

/** A text frame from a participant. A type that we do not know is no fault: it may be an addition that we lack. */
export function parseParticipantMessage(text: string): ParsedMessage {
  const json = tryJson(text);
  const parsed = participantMessageSchema.safeParse(json);
  if (parsed.success) return { valid: true, message: parsed.data };
  const envelope = envelopeSchema.safeParse(json);
  if (!envelope.success) return { valid: false, reason: "not JSON" };
  const { type, requestId } = envelope.data;
  return { valid: false, reason: knownTypes.has(type) ? "wrong fields" : "unknown type", requestId };
}

function tryJson(text: string): unknown {
  try {
    return parseJson(text);
  } catch {
    return undefined; // The schemas refuse it with everything else that is no message.
  }
}
