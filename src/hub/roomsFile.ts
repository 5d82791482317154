import { z } from "zod";
import { SEPARATOR } from "./roomPages";
import { type StoredRoom, storedRoomSchema } from "./roomStore";

const FORMAT = "llm-rooms";
const VERSION = 1;

const envelopeSchema = z.object({ format: z.literal(FORMAT), version: z.number().int().positive() });
const fileSchema = z.object({ rooms: z.array(z.unknown()) });

/** What a text is that should be a file of rooms. */
export type RoomsFile =
  | { readonly kind: "rooms"; readonly rooms: readonly StoredRoom[]; readonly unreadable: number }
  /** Written by a later version of this program: it may hold what this one would lose. */
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "strange" };

/** A room's line in the file. */
export function roomLine(room: StoredRoom): string {
  return JSON.stringify(room);
}

/** The whole file, a room a line, so that people and their tools can look into it. */
export function roomsFile(pages: readonly Buffer[]): Buffer[] {
  const separator = Buffer.from(SEPARATOR);
  const body = pages.flatMap((page, at) => (at === 0 ? [page] : [separator, page]));
  return [
    Buffer.from(`{"format":"${FORMAT}","version":${VERSION},"rooms":[\n`),
    ...body,
    Buffer.from("\n]}\n"),
  ];
}

/** Rooms that cannot be read are counted, so that one wrong line costs one room. */
export function readRooms(text: string): RoomsFile {
  const json = parse(text);
  const envelope = envelopeSchema.safeParse(json).data;
  if (!envelope) return { kind: "strange" };
  if (envelope.version > VERSION) return { kind: "newer", version: envelope.version };
  const file = fileSchema.safeParse(json).data;
  if (!file) return { kind: "strange" };
  const rooms = new Map<string, StoredRoom>();
  for (const each of file.rooms) {
    const room = storedRoomSchema.safeParse(each).data;
    if (room && !rooms.has(room.code)) rooms.set(room.code, room);
  }
  return { kind: "rooms", rooms: [...rooms.values()], unreadable: file.rooms.length - rooms.size };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not even JSON: the envelope's schema says so.
  }
}
