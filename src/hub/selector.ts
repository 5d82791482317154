import type { Selector } from "../protocol/inference";
import type { ParticipantStatus } from "../protocol/participant";

export interface Candidate {
  readonly id: string;
  readonly model: string;
  readonly status: ParticipantStatus;
  readonly active: number;
  /** Grows with every request that any participant of the room gets; 0 for one that got none. */
  readonly lastUsed: number;
  /** As last measured; undefined where it was not, or too long ago. */
  readonly tokensPerSecond?: number | undefined;
}

/** Who a request means, once the room was looked at: it stays so while it waits. */
export type Target =
  | { readonly kind: "any" }
  | { readonly kind: "model"; readonly model: string }
  | { readonly kind: "participant"; readonly id: string };

export type Choice<T extends Candidate> =
  | { kind: "chosen"; participant: T }
  | { kind: "busy" }
  | { kind: "offline" }
  | { kind: "unknown" };

/** What is this much slower than the best counts as slower; the rest is noise. */
const EQUAL_PACE = 0.75;

/** An id means that one even where it is busy: whoever picked a person does not want somebody else's answer. */
export function targetOf(selector: Selector, isParticipant: (id: string) => boolean): Target {
  if (selector.kind !== "participantOrModel") return selector;
  const { name } = selector;
  return isParticipant(name) ? { kind: "participant", id: name } : { kind: "model", model: name };
}

export function isMeant(target: Target, { id, model }: Pick<Candidate, "id" | "model">): boolean {
  switch (target.kind) {
    case "any":
      return true;
    case "model":
      return model === target.model;
    case "participant":
      return id === target.id;
    default:
      return target satisfies never;
  }
}

/**
 * Who serves a request: of those that are meant, can, and are free, one of the fastest; of these the least loaded, and the
 * longest unused. One that was never measured counts as fast, so that it is tried.
 */
export function chooseParticipant<T extends Candidate>(
  target: Target,
  candidates: Iterable<T>,
  suits: (candidate: T) => boolean = () => true,
): Choice<T> {
  const free: T[] = [];
  let busy = false;
  let known = false;
  for (const each of candidates) {
    if (!isMeant(target, each) || !suits(each)) continue;
    known = true;
    if (each.status === "online") free.push(each);
    else if (each.status === "busy") busy = true;
  }
  const participant = bestOf(free);
  if (participant) return { kind: "chosen", participant };
  if (busy) return { kind: "busy" };
  return { kind: known ? "offline" : "unknown" };
}

/** Loops, not chains of small functions: rooms have thousands of participants, and this runs for each request. */
function bestOf<T extends Candidate>(free: readonly T[]): T | undefined {
  let bestPace = 0;
  for (const { tokensPerSecond = 0 } of free) if (tokensPerSecond > bestPace) bestPace = tokensPerSecond;
  let best: T | undefined;
  for (const each of free) {
    const { tokensPerSecond = bestPace } = each;
    if (tokensPerSecond >= bestPace * EQUAL_PACE && (!best || isBefore(each, best))) best = each;
  }
  return best;
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.active === b.active ? a.lastUsed < b.lastUsed : a.active < b.active;
}
