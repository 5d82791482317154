import type { JoinTarget } from "./roomConnection";
import type { RememberedRoom } from "./roomMemory";

export interface AutoJoinInput {
  readonly autoJoin: boolean;
  readonly remembered: RememberedRoom | undefined;
  /** The window is only reloaded: it comes back to its room whatever `autoJoin` says. */
  readonly sameSession: boolean;
  /** From the settings; no room code means that none is set. */
  readonly configured: JoinTarget;
  /** The user left the configured room last, in whichever window. */
  readonly configuredWasLeft: boolean;
}

/** The room to join at the start of a window, if any. */
export function autoJoinTarget(input: AutoJoinInput): JoinTarget | undefined {
  const { autoJoin, remembered, sameSession, configured, configuredWasLeft } = input;
  if (remembered?.state === "left") return undefined;
  if (remembered?.state === "joined") return autoJoin || sameSession ? remembered.target : undefined;
  if (!autoJoin || !configured.roomCode || configuredWasLeft) return undefined;
  return configured;
}
