import { randomUUID } from "node:crypto";
import type { Dispatcher } from "undici";
import { z } from "zod";
import { type Clock, systemClock } from "../common/clock";
import { HumanError } from "../common/humanError";
import { makeHubDispatcher } from "../net/hubDispatcher";
import { type Health, healthSchema } from "../protocol/management";
import { type ParticipantInfo, participantInfoSchema } from "../protocol/participant";
import { paths } from "../protocol/paths";
import {
  type CreatedRoom,
  type CreateRoom,
  createdRoomSchema,
  memberTokenSchema,
  type RoomSummary,
  roomSummarySchema,
  type UpdateRoom,
} from "../protocol/room";
import { untilAborted } from "./deadline";
import { fetchJson, hubRequest, type ManagementCall } from "./hubRequest";
import type { HubTransport } from "./hubTransport";
import { normaliseHubUrl } from "./hubUrl";
import { hostOf } from "./networkError";
import { readable } from "./readable";

export interface HubClientOptions {
  /** Default: one of its own, which keeps no connection open between calls. */
  dispatcher?: Dispatcher | undefined;
  /** Of the hub's certificate, from its invite: any other is refused. Without it the machine's authorities decide. */
  fingerprint?: string | undefined;
  /** A room's member or host token, sent with every call; a secret. */
  token?: string | undefined;
  clock?: Clock | undefined;
}

const removedSchema = z.object({ success: z.literal(true) });
/** How Gambi 0.1 answered `GET /health`, without the envelope of today. */
const oldHealthSchema = z.object({ status: z.literal("ok"), timestamp: z.number() });
const oldHealthPath = "/health";

/** The management calls of one hub. Every method throws HumanError, times out, and takes an AbortSignal last. */
export class HubClient {
  readonly hubUrl: string;
  readonly #transport: HubTransport;

  /** @throws HumanError INVALID_INPUT where it is not an http(s) URL. */
  constructor(hubUrl: string, options: HubClientOptions = {}) {
    this.hubUrl = normaliseHubUrl(hubUrl);
    this.#transport = {
      hubUrl: this.hubUrl,
      dispatcher: options.dispatcher ?? makeHubDispatcher(options.fingerprint),
      clock: options.clock ?? systemClock,
      token: options.token,
    };
  }

  /** `hub.features` says which additions may be used; a plain Gambi hub has no `hub`. */
  async health(signal?: AbortSignal): Promise<Health> {
    try {
      return await this.#call({ path: paths.health, data: healthSchema, signal });
    } catch (error) {
      const answered = error instanceof HumanError && /^(NOT_A_HUB|HUB_REFUSED)$/.test(error.code);
      if (answered && (await this.#isOldGambi(signal))) {
        const hint = "Update the hub to Gambi 0.6 or later, or use a hub of LLM Rooms.";
        const message = `${hostOf(this.hubUrl)} runs Gambi 0.1, which is too old.`;
        throw new HumanError("NOT_A_HUB", message, hint);
      }
      throw error;
    }
  }

  /** Rooms that cannot be read are left out, one by one. */
  async listRooms(signal?: AbortSignal): Promise<RoomSummary[]> {
    return readable(
      await this.#call({ path: paths.rooms, data: z.array(z.unknown()), signal }),
      roomSummarySchema,
    );
  }

  async createRoom(body: CreateRoom, signal?: AbortSignal): Promise<CreatedRoom> {
    return this.#call({ method: "POST", path: paths.rooms, body, data: createdRoomSchema, signal });
  }

  async getRoom(code: string, signal?: AbortSignal): Promise<RoomSummary> {
    return this.#call({ path: paths.room(code), data: roomSummarySchema, signal });
  }

  /** Participants that cannot be read are left out, one by one. */
  async listParticipants(code: string, signal?: AbortSignal): Promise<ParticipantInfo[]> {
    const list = await this.#call({ path: paths.participants(code), data: z.array(z.unknown()), signal });
    return readable(list, participantInfoSchema);
  }

  /** @returns the member token of a room whose password that is. @throws HumanError WRONG_PASSWORD */
  async exchangePassword(code: string, password: string, signal?: AbortSignal): Promise<string> {
    const call = { method: "POST", path: paths.roomToken(code), body: { password } } as const;
    try {
      return (await this.#call({ ...call, data: memberTokenSchema, signal })).memberToken;
    } catch (error) {
      if (!(error instanceof HumanError) || error.code !== "UNAUTHORIZED") throw error;
      // A hub of ours does not tell a wrong password from a wrong code.
      const message = "That is not the password of a room with this code.";
      throw new HumanError("WRONG_PASSWORD", message, "Check both, or ask the room's host.");
    }
  }

  /** For the room's host, as are the next two. */
  async updateRoom(code: string, body: UpdateRoom, signal?: AbortSignal): Promise<RoomSummary> {
    return this.#call({ method: "PATCH", path: paths.room(code), body, data: roomSummarySchema, signal });
  }

  /** Ends the room for everybody in it. */
  async closeRoom(code: string, signal?: AbortSignal): Promise<void> {
    await this.#call({ method: "DELETE", path: paths.room(code), data: z.unknown(), signal });
  }

  /** @returns a new member token; the old one is void, and whoever came with it is out. */
  async rotateMemberToken(code: string, signal?: AbortSignal): Promise<string> {
    const path = paths.memberToken(code);
    return (await this.#call({ method: "POST", path, data: memberTokenSchema, signal })).memberToken;
  }

  /** Anybody, for the room's host; in an open room also one that was registered from here. */
  async removeParticipant(code: string, id: string, signal?: AbortSignal): Promise<void> {
    await this.#call({ method: "DELETE", path: paths.participant(code, id), data: removedSchema, signal });
  }

  async #isOldGambi(signal?: AbortSignal): Promise<boolean> {
    try {
      const { status, value } = await fetchJson(this.#transport, { path: oldHealthPath, signal });
      return status === 200 && oldHealthSchema.safeParse(value).success;
    } catch {
      return false; // The first answer tells more about what is there.
    }
  }

  /**
   * The contract checks a room's password only where somebody registers: a participant without a tunnel does, and
   * leaves at once. @throws HumanError WRONG_PASSWORD
   */
  async checkPassword(code: string, password: string, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    // Without the signal: what was registered is taken back even where nobody waits any more.
    const checked = this.#registerAndLeave(code, password);
    await (signal ? untilAborted(checked, signal) : checked);
  }

  async #registerAndLeave(code: string, password: string): Promise<void> {
    const id = `password-check-${randomUUID()}`;
    const path = paths.participant(code, id);
    const body = { nickname: "(joining)", model: "(none)", endpoint: "http://localhost", password };
    await this.#call({ method: "PUT", path, body, data: z.unknown() });
    await this.removeParticipant(code, id);
  }

  #call<T extends z.ZodType>(call: ManagementCall<T>): Promise<z.output<T>> {
    return hubRequest(this.#transport, call);
  }
}
