import type * as vscode from "vscode";
import { z } from "zod";
import { fingerprintSchema } from "../../protocol/invite";
import { hubUrlFor, paths } from "../../protocol/paths";
import { tokenSchema } from "../../protocol/room";

const keysSchema = z
  .object({
    /** Lets its holder in. */
    memberToken: tokenSchema,
    /** Of whoever made the room. */
    hostToken: tokenSchema,
    /** Of a room whose password is asked for by a registration. */
    password: z.string(),
    /** Of its hub's certificate. */
    fingerprint: fingerprintSchema,
  })
  .partial();

/** What opens one room. */
export type RoomKeys = { readonly [Key in keyof z.infer<typeof keysSchema>]?: string | undefined };

type Storage = Pick<vscode.SecretStorage, "get" | "store" | "delete">;

/** Keys of rooms and certificates of hubs, in VS Code's own secret storage and nowhere else. */
export class RoomSecrets {
  readonly #secrets: Storage;

  constructor(secrets: Storage) {
    this.#secrets = secrets;
  }

  /**
   * Empty where nothing is known of the room. Keys that were got from a hub with another certificate are no longer told:
   * whoever has the new one could be somebody else.
   */
  async keys(hubUrl: string, roomCode: string): Promise<RoomKeys> {
    const known = readKeys(await this.#secrets.get(roomKey(hubUrl, roomCode)));
    const fingerprint = await this.fingerprint(hubUrl);
    return known.fingerprint === fingerprint ? known : { fingerprint };
  }

  /** Adds to what is known of the room, or replaces it. */
  async remember(hubUrl: string, roomCode: string, keys: RoomKeys): Promise<void> {
    if (keys.fingerprint !== undefined) await this.rememberHub(hubUrl, keys.fingerprint);
    const all = keysSchema.parse({ ...(await this.keys(hubUrl, roomCode)), ...withoutUndefined(keys) });
    if (Object.keys(all).length > 0)
      await this.#secrets.store(roomKey(hubUrl, roomCode), JSON.stringify(all));
  }

  async forget(hubUrl: string, roomCode: string): Promise<void> {
    await this.#secrets.delete(roomKey(hubUrl, roomCode));
  }

  async rememberHub(hubUrl: string, fingerprint: string): Promise<void> {
    await this.#secrets.store(hubKey(hubUrl), fingerprint);
  }

  /** Of the hub's certificate, as its last invite named it. */
  async fingerprint(hubUrl: string): Promise<string | undefined> {
    return fingerprintSchema.safeParse(await this.#secrets.get(hubKey(hubUrl))).data;
  }
}

function roomKey(hubUrl: string, roomCode: string): string {
  return `room:${hubUrlFor(hubUrl, paths.room(roomCode))}`;
}

function hubKey(hubUrl: string): string {
  return `hub:${hubUrl}`;
}

function readKeys(stored: string | undefined): z.infer<typeof keysSchema> {
  if (stored === undefined) return {};
  try {
    return keysSchema.parse(JSON.parse(stored));
  } catch {
    // An earlier version kept the password alone, as it is.
    return { password: stored };
  }
}

function withoutUndefined(keys: RoomKeys): RoomKeys {
  return Object.fromEntries(Object.entries(keys).filter(([, value]) => value !== undefined));
}
