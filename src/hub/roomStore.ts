import { z } from "zod";
import { MAX_TEXT_LENGTH } from "../protocol/constants";
import { runtimeConfigSchema, shortText, timeSchema } from "../protocol/participant";
import { accessSchema } from "../protocol/room";

/** An id has at most 200 characters, of which each may be two UTF-16 units. */
const MAX_ID_LENGTH = 2 * MAX_TEXT_LENGTH;
/** SHA-256 in base64url. */
const tokenHashSchema = z.string().regex(/^[\w-]{43}$/);
const bytesSchema = z.string().regex(/^[\w-]{1,200}$/);

/** Who registered a participant's id: only they may use it again. */
const storedOwnerSchema = z.object({
  id: z.string().min(1).max(MAX_ID_LENGTH),
  tokenHash: tokenHashSchema,
  address: z.string().max(MAX_TEXT_LENGTH),
});
export type StoredOwner = z.infer<typeof storedOwnerSchema>;

/** All of a room that outlives its hub. Hashes only: no token, no password, and nothing of what is asked or answered. */
export const storedRoomSchema = z.object({
  id: shortText,
  code: z.string().regex(/^[A-Z\d]{1,20}$/),
  name: shortText,
  hostId: shortText,
  createdAt: timeSchema,
  /** A line without it is damaged: with a default a protected room could be open. */
  access: accessSchema,
  madeBy: z.string().max(MAX_TEXT_LENGTH).optional(),
  hostTokenHash: tokenHashSchema.optional(),
  memberTokenHash: tokenHashSchema.optional(),
  /** Of the token that the room's password was exchanged for, once it was. */
  passwordTokenHash: tokenHashSchema.optional(),
  /** scrypt's, in base64url. */
  password: z.object({ salt: bytesSchema, key: bytesSchema }).optional(),
  defaults: runtimeConfigSchema.optional(),
  owners: z.array(storedOwnerSchema).default([]),
});
export type StoredRoom = z.infer<typeof storedRoomSchema>;

/**
 * Where rooms are kept so that the next hub finds them: a file, or what several hubs share. A hub that is given one
 * closes it.
 */
export interface RoomStore {
  /** Every room that is stored; asked once, before the hub listens. */
  load(): Promise<readonly StoredRoom[]>;
  /** Resolves once the next hub would find it so; rejects where it could not be stored, and what was stored before stays. */
  save(room: StoredRoom): Promise<void>;
  /** The same for a room that is no more; one that is not stored is no error. */
  remove(code: string): Promise<void>;
  /** Ends what it was asked for, then lets go of where it stores; idempotent. */
  close(): Promise<void>;
}

/** Keeps rooms as long as the process lives: for hubs that follow one another in it. */
export class MemoryRoomStore implements RoomStore {
  readonly #rooms = new Map<string, StoredRoom>();

  async load(): Promise<readonly StoredRoom[]> {
    return [...this.#rooms.values()];
  }

  async save(room: StoredRoom): Promise<void> {
    this.#rooms.set(room.code, room);
  }

  async remove(code: string): Promise<void> {
    this.#rooms.delete(code);
  }

  async close(): Promise<void> {}
}
