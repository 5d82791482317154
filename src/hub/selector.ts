import type { Selector } from "../protocol/inference";
import type { ParticipantStatus } from "../protocol/participant";

export interface Candidate {
  readonly id: string;
  readonly model: string;
  readonly status: ParticipantStatus;
  readonly active: number;
  /** Grows with every request that any participant of the room gets; 0 for one that got none. */
  readonly lastUsed: number;
}

export type Choice<T extends Candidate> =
  | { kind: "chosen"; participant: T }
  | { kind: "busy" }
  | { kind: "offline" }
  | { kind: "unknown" };

/** Who serves a request: of those that are meant and free, the least recently used. */
export function chooseParticipant<T extends Candidate>(
  selector: Selector,
  candidates: readonly T[],
): Choice<T> {
  const meant = candidatesOf(selector, candidates);
  const [first, ...others] = meant.filter(({ status }) => status === "online");
  if (first) {
    const participant = others.reduce((best, each) => (isBefore(each, best) ? each : best), first);
    return { kind: "chosen", participant };
  }
  if (meant.some(({ status }) => status === "busy")) return { kind: "busy" };
  return { kind: meant.length > 0 ? "offline" : "unknown" };
}

function candidatesOf<T extends Candidate>(selector: Selector, candidates: readonly T[]): readonly T[] {
  switch (selector.kind) {
    case "any":
      return candidates;
    case "model":
      return candidates.filter(({ model }) => model === selector.model);
    case "participantOrModel": {
      // An id means that one even where it is busy: whoever picked a person does not want somebody else's answer.
      const named = candidates.filter(({ id }) => id === selector.name);
      return named.length > 0 ? named : candidates.filter(({ model }) => model === selector.name);
    }
    default:
      return selector satisfies never;
  }
}

function isBefore(a: Candidate, b: Candidate): boolean {
  return a.active === b.active ? a.lastUsed < b.lastUsed : a.active < b.active;
}
