import type { Target } from "./selector";

/**
 * How many of those in front compete with each for the same participants, itself included: 1 is next.
 * @param order in which they will be taken
 * @param modelOf the model of the participant with that id
 */
export function positionsOf(
  order: readonly Target[],
  modelOf: (participantId: string) => string | undefined,
): number[] {
  let any = 0;
  /** Those that mean a model, and those that mean one participant of a model, apart: they compete with one another only. */
  const byModel = new Map<string, number>();
  const byModelsParticipants = new Map<string, number>();
  const byParticipant = new Map<string, number>();
  return order.map((target, ahead) => {
    switch (target.kind) {
      case "any":
        any++;
        return ahead + 1;
      case "model":
        return any + countUp(byModel, target.model) + (byModelsParticipants.get(target.model) ?? 0);
      case "participant": {
        const model = modelOf(target.id) ?? "";
        countUp(byModelsParticipants, model);
        return any + (byModel.get(model) ?? 0) + countUp(byParticipant, target.id);
      }
      default:
        return target satisfies never;
    }
  });
}

function countUp(counts: Map<string, number>, key: string): number {
  const count = (counts.get(key) ?? 0) + 1;
  counts.set(key, count);
  return count;
}
