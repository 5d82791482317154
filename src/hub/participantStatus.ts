import type { ParticipantStatus } from "../protocol/participant";

export interface StatusFacts {
  /** Its tunnel is open. */
  connected: boolean;
  /** Its last heartbeat is not too long ago. */
  fresh: boolean;
  /** Requests that it serves for this room now. */
  active: number;
  /** Requests that it takes at once. */
  capacity: number;
  /** Its own word, where it has something to add: busy with its owner's work, or paused (offline). */
  said?: ParticipantStatus;
}

/** What others see of a participant, from what the hub knows of it. */
export function statusOf({ connected, fresh, active, capacity, said }: StatusFacts): ParticipantStatus {
  if (!connected || !fresh || said === "offline") return "offline";
  return active >= capacity || said === "busy" ? "busy" : "online";
}

/**
 * What a participant's word adds to what the hub counts itself. "Busy" that our own requests explain adds nothing: kept,
 * it would outlive them until the next word and refuse a requester that asks again at once.
 */
export function wordBeyondCount(
  word: { status?: ParticipantStatus; active?: number },
  { active, capacity }: { active: number; capacity: number },
): ParticipantStatus | undefined {
  const explained = word.active !== undefined && word.active >= capacity && word.active <= active;
  return word.status === "busy" && explained ? undefined : word.status;
}
