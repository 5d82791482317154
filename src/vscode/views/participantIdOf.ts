/** The id in a command's argument: a tree item's, another extension's, or none from the palette. */
export function participantIdOf(argument: unknown): string | undefined {
  if (typeof argument === "string") return argument;
  if (typeof argument !== "object" || argument === null || !("participantId" in argument)) return undefined;
  return typeof argument.participantId === "string" ? argument.participantId : undefined;
}
