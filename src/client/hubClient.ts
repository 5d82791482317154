import type { Health } from "../protocol/management";
import type { ParticipantInfo } from "../protocol/participant";
import type { CreatedRoom, CreateRoom, RoomSummary } from "../protocol/room";

/** The management calls of one hub. Every method throws HumanError, times out, and takes an AbortSignal last. */
export class HubClient {
  /** @throws HumanError INVALID_INPUT where it is not an http(s) URL. */
  constructor(readonly hubUrl: string) {}

  async health(_signal?: AbortSignal): Promise<Health> {
    throw new Error("not built yet");
  }
  async listRooms(_signal?: AbortSignal): Promise<RoomSummary[]> {
    throw new Error("not built yet");
  }
  async createRoom(_body: CreateRoom, _signal?: AbortSignal): Promise<CreatedRoom> {
    throw new Error("not built yet");
  }
  async getRoom(_code: string, _signal?: AbortSignal): Promise<RoomSummary> {
    throw new Error("not built yet");
  }
  async listParticipants(_code: string, _signal?: AbortSignal): Promise<ParticipantInfo[]> {
    throw new Error("not built yet");
  }
}
