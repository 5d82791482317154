import { z } from "zod";
import { MAX_TEXT_LENGTH, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH } from "./constants";
import { publicConfigSchema, runtimeConfigSchema, shortText, timeSchema } from "./participant";

export const roomSummarySchema = z.object({
  id: z.string(),
  code: z.string().min(1).max(MAX_TEXT_LENGTH),
  name: z.string().max(MAX_TEXT_LENGTH),
  hostId: z.string(),
  createdAt: timeSchema,
  participantCount: z.number().int().nonnegative().default(0),
  passwordProtected: z.boolean().default(false),
  defaults: publicConfigSchema.optional(),
});
export type RoomSummary = z.infer<typeof roomSummarySchema>;

export const createRoomSchema = z.object({
  name: shortText,
  password: z.string().min(1).max(MAX_TEXT_LENGTH).optional(),
  defaults: runtimeConfigSchema.optional(),
});
export type CreateRoom = z.infer<typeof createRoomSchema>;

export const createdRoomSchema = z.object({ room: roomSummarySchema, hostId: z.string() });
export type CreatedRoom = z.infer<typeof createdRoomSchema>;

/** Codes are read case-insensitively: this is the one spelling that is stored, compared and sent. */
export function normaliseRoomCode(code: string): string {
  return code.trim().toUpperCase();
}

/** @param random yields integers in [0, below). */
export function makeRoomCode(random: (below: number) => number): string {
  return Array.from({ length: ROOM_CODE_LENGTH }, () =>
    ROOM_CODE_ALPHABET.charAt(random(ROOM_CODE_ALPHABET.length)),
  ).join("");
}
