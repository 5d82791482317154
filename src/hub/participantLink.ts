import type { Event } from "../common/event";
import type { ParticipantStatus } from "../protocol/participant";
import type { TunnelClose } from "./tunnel";
import type { CallHandler, TunnelAsk } from "./tunnelCall";

/** A participant's own word about itself. */
export interface ParticipantWord {
  status: ParticipantStatus;
  active: number;
}

/** One call that was asked for. */
export interface LinkCall {
  /** Nobody wants the answer any more; after the end it does nothing. */
  cancel(): void;
  /**
   * So many bytes of its answer wait here for a requester that has not taken them: the participant goes on as they become
   * less. To be told after everything that `onBytes` brought.
   */
  holds(bytes: number): void;
}

/**
 * How requests reach a participant, wherever it is connected: rooms and requests know this and no tunnel, so that another
 * hub's participants can stand behind it as well.
 */
export interface ParticipantLink {
  /** False from the moment that nobody can be asked any more. */
  readonly isOpen: boolean;
  /** Unix time. */
  readonly lastHeardAt: number;
  /** Since when it says nothing, of `monotonic`: now, where it is not listened to. */
  readonly silentSince: number;
  /** Fires at each word that the participant says about itself. */
  readonly onDidSay: Event<ParticipantWord>;
  /** Fires once, after every call has failed. */
  readonly onDidClose: Event<void>;
  /** Asks for one call. The handler hears the rest, also where the link is closed already. */
  call(ask: TunnelAsk, handler: CallHandler): LinkCall;
  close(why: TunnelClose): void;
}
