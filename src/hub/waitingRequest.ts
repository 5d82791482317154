import type { ParticipantRecord } from "./participantRecord";
import type { Refusal } from "./refusal";
import type { Requester } from "./requestQueue";
import type { Target } from "./selector";

/** A request that waits for a participant. It is begun or refused, once. */
export interface WaitingRequest {
  readonly requestId: string;
  readonly requester: Requester;
  /** Grows from one that arrives to the next. */
  readonly arrival: number;
  readonly target: Target;
  /** What it holds in memory. */
  readonly bodyBytes: number;
  /** Whether that participant is meant, and could serve it. */
  fits(record: ParticipantRecord): boolean;
  /** The same, where nobody is there, free or busy, who promises more. */
  wants(record: ParticipantRecord): boolean;
  /** Takes one of the participant's slots at once, or ends. */
  begin(record: ParticipantRecord): void;
  refuse(refusal: Refusal): void;
  tellPlace(place: QueuePlace): void;
}

/** Where a request stands. */
export interface QueuePlace {
  /** 1 is next. */
  readonly position: number;
  /** Until it begins, where that can be guessed. */
  readonly waitSeconds: number | undefined;
}
