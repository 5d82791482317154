import { z } from "zod";
import { normaliseHubUrl } from "../client/hubUrl";
import { fingerprintSchema } from "../protocol/invite";
import { normaliseRoomCode, tokenSchema } from "../protocol/room";
import { KeptFiles } from "./keptFiles";
import { userFolder } from "./userFolder";

const roomSchema = z.object({
  hubUrl: z.url({ protocol: /^https?$/ }),
  code: z.string(),
  name: z.string(),
  hostToken: tokenSchema.optional(),
  memberToken: tokenSchema.optional(),
});
/** A room that was made in this terminal, with what lets its maker rule it. */
export type KeptRoom = z.infer<typeof roomSchema>;

const hubSchema = z.object({ fingerprint: fingerprintSchema });

/** What this program remembers for its user from one command to the next: secrets, so that files are the user's alone. */
export class KeptSecrets {
  readonly #rooms: KeptFiles<typeof roomSchema>;
  readonly #hubs: KeptFiles<typeof hubSchema>;

  constructor(env: NodeJS.ProcessEnv) {
    const folder = userFolder(env);
    this.#rooms = new KeptFiles(folder, "rooms", roomSchema);
    this.#hubs = new KeptFiles(folder, "hubs", hubSchema);
  }

  room(hubUrl: string, code: string): Promise<KeptRoom | undefined> {
    return this.#rooms.get(roomKey(hubUrl, code));
  }

  async roomsOf(hubUrl: string): Promise<KeptRoom[]> {
    return (await this.#rooms.all()).filter((room) => hubKey(room.hubUrl) === hubKey(hubUrl));
  }

  /** Of whichever hub; undefined where there is none, or codes of several hubs are the same. */
  async roomWithCode(code: string): Promise<KeptRoom | undefined> {
    const fitting = (await this.#rooms.all()).filter((room) => room.code === normaliseRoomCode(code));
    return fitting.length === 1 ? fitting[0] : undefined;
  }

  keepRoom(room: KeptRoom): Promise<void> {
    return this.#rooms.set(roomKey(room.hubUrl, room.code), room);
  }

  forgetRoom(hubUrl: string, code: string): Promise<void> {
    return this.#rooms.remove(roomKey(hubUrl, code));
  }

  /** The certificate of a hub that was started, or given a room, from here. */
  async fingerprintOf(hubUrl: string): Promise<string | undefined> {
    return (await this.#hubs.get(hubKey(hubUrl)))?.fingerprint;
  }

  keepHub(hubUrl: string, fingerprint: string): Promise<void> {
    return this.#hubs.set(hubKey(hubUrl), { fingerprint });
  }

  /** Another hub has taken its place. */
  forgetHub(hubUrl: string): Promise<void> {
    return this.#hubs.remove(hubKey(hubUrl));
  }
}

/** A hub of this machine is the same one by whichever name. */
function hubKey(hubUrl: string): string {
  const url = new URL(normaliseHubUrl(hubUrl));
  if (/^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname)) url.hostname = "127.0.0.1";
  return url.href.replace(/\/+$/, "");
}

function roomKey(hubUrl: string, code: string): string {
  return `${hubKey(hubUrl)}\n${normaliseRoomCode(code)}`;
}
