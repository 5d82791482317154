import type { JoinTarget } from "./roomConnection";

type Room = Pick<JoinTarget, "hubUrl" | "roomCode">;

/** Whoever is in it, and by whichever name. */
export function isSameRoom(a: Room | undefined, b: Room | undefined): boolean {
  return a !== undefined && a.hubUrl === b?.hubUrl && a.roomCode === b.roomCode;
}
