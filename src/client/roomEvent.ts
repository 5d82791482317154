import { isRecord } from "../common/isRecord";
import { type RoomEvent, roomEventSchema } from "../protocol/events";
import { participantInfoSchema } from "../protocol/participant";
import { parseJson } from "./hubTransport";
import { readable } from "./readable";

/** An event as the hub sent it, or undefined where it is none that we know: a newer hub may send more kinds. */
export function parseRoomEvent(data: string): RoomEvent | undefined {
  const value = parseJson(data);
  const parsed = roomEventSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const lenient = roomEventSchema.safeParse(withoutUnreadable(value));
  return lenient.data;
}

/** One participant that cannot be read must not hide all others of a snapshot. */
function withoutUnreadable(value: unknown): unknown {
  if (!isRecord(value) || value.type !== "connected" || !isRecord(value.data)) return undefined;
  const { participants } = value.data;
  if (!Array.isArray(participants)) return undefined;
  return { ...value, data: { ...value.data, participants: readable(participants, participantInfoSchema) } };
}
