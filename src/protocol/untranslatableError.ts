/** Why a Responses request, or a provider's answer, has no equal in the other form. The message names the field. */
export class UntranslatableError extends Error {
  override readonly name = "UntranslatableError";
}
