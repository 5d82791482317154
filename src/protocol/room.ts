import { z } from "zod";
import { MAX_CARD_BYTES, MAX_TEXT_LENGTH, ROOM_CODE_ALPHABET, ROOM_CODE_LENGTH } from "./constants";
import { isShortConfig, plainText, publicConfigSchema, runtimeConfigSchema, timeSchema } from "./participant";

/** `open`: anyone who reaches the hub (the base's only kind); `protected`: whoever has the room's member token. */
export const accessSchema = z.enum(["open", "protected"]);
export type Access = z.infer<typeof accessSchema>;

/** A secret that stands behind `Authorization: Bearer`: 256 random bits in base64url. */
export const tokenSchema = z.string().regex(/^[\w-]{20,100}$/);

export const roomSummarySchema = z.object({
  id: z.string(),
  code: z.string().min(1).max(MAX_TEXT_LENGTH),
  name: z.string().max(MAX_TEXT_LENGTH),
  hostId: z.string(),
  createdAt: timeSchema,
  participantCount: z.number().int().nonnegative().default(0),
  passwordProtected: z.boolean().default(false),
  /** Ours; absent on a hub of the base contract, whose rooms are all open. */
  access: accessSchema.optional(),
  defaults: publicConfigSchema.optional(),
});
export type RoomSummary = z.infer<typeof roomSummarySchema>;

/** A room's list shows them, but for the instructions. */
const newDefaultsSchema = runtimeConfigSchema.refine(isShortConfig, {
  error: `must have ${MAX_CARD_BYTES} bytes at most, instructions apart`,
});

export const createRoomSchema = z.object({
  name: plainText,
  /** Empty or null is none, as on the base. */
  password: z.string().max(MAX_TEXT_LENGTH).nullish(),
  defaults: newDefaultsSchema.optional(),
  /** Ours; what it is where it is absent is the hub's choice. */
  access: accessSchema.optional(),
});
export type CreateRoom = z.infer<typeof createRoomSchema>;

export const createdRoomSchema = z.object({
  room: roomSummarySchema,
  hostId: z.string(),
  /** Ours: lets its holder rename, close and clear the room. Told once, here. */
  hostToken: tokenSchema.optional(),
  /** Ours, of a protected room: lets its holder use it. */
  memberToken: tokenSchema.optional(),
});
export type CreatedRoom = z.infer<typeof createdRoomSchema>;

/** Ours: body of PATCH room, for the host. */
export const updateRoomSchema = z
  .object({ name: plainText.optional(), defaults: newDefaultsSchema.optional() })
  .refine((body) => body.name !== undefined || body.defaults !== undefined, "Nothing to change");
export type UpdateRoom = z.infer<typeof updateRoomSchema>;

/** Ours: body of `POST …/token`, which a member who knows the room's password exchanges for the member token. */
export const tokenRequestSchema = z.object({ password: z.string().max(MAX_TEXT_LENGTH) });
/** The answer to it, and to the host's `POST …/member-token`, which makes a new one and voids the old. */
export const memberTokenSchema = z.object({ memberToken: tokenSchema });

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
