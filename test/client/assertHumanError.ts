import assert from "node:assert/strict";
import { HumanError, type HumanErrorCode } from "../../src/common/humanError";

/** Fails unless the promise rejects with a HumanError of this code that says something and what to do. */
export async function rejectsWith(promise: Promise<unknown>, code: HumanErrorCode): Promise<HumanError> {
  const error = await promise.then(
    () => assert.fail(`It should have failed with ${code}.`),
    (reason: unknown) => reason,
  );
  return assertHumanError(error, code);
}

export function assertHumanError(error: unknown, code: HumanErrorCode): HumanError {
  assert.ok(error instanceof HumanError, `not a HumanError: ${String(error)}`);
  assert.equal(error.code, code, error.message);
  assert.match(error.message, /^.{5,400}$/u);
  assert.match(error.hint, /^.{5,400}$/u);
  return error;
}
