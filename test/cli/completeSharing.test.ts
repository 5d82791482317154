import { deepEqual, equal, ok, rejects, throws } from "node:assert/strict";
import { chooseModel, chooseProvider, completeSharing } from "../../src/cli/completeSharing";
import { HumanError } from "../../src/common/humanError";
import type { ProviderInfo } from "../../src/participant/provider";

const provider = (port: number, ...models: string[]): ProviderInfo => ({
  endpoint: `http://127.0.0.1:${port}`,
  name: `Provider ${port}`,
  models,
  capabilities: { openResponses: "unknown", chatCompletions: "supported" },
});
const never = () => Promise.reject(new Error("must not be asked"));

describe("what a share was not told", () => {
  it("asks no provider where endpoint and model are given", async () => {
    deepEqual(
      await completeSharing(
        { endpoint: "http://e", model: "m", nickname: "n" },
        { probe: never, discover: never },
      ),
      { endpoint: "http://e", model: "m", nickname: "n" },
    );
  });

  it("takes the only provider and its only model", async () => {
    const found = await completeSharing({}, { probe: never, discover: async () => [provider(1, "m")] });
    equal(found.endpoint, "http://127.0.0.1:1");
    equal(found.model, "m");
    ok(found.nickname.length > 0);
  });

  it("takes the only provider that offers the model", () => {
    equal(chooseProvider([provider(1, "a"), provider(2, "b")], "b").endpoint, "http://127.0.0.1:2");
  });

  it("lists the providers where none or several would do", () => {
    const found = [provider(1, "a"), provider(2, "a")];
    const lists = (code: string) => (error: unknown) =>
      error instanceof HumanError && error.code === code && /:1[\s\S]*:2/.test(error.hint);
    throws(() => chooseProvider(found, undefined), lists("INVALID_INPUT"));
    throws(() => chooseProvider(found, "a"), lists("INVALID_INPUT"));
    throws(() => chooseProvider(found, "zzz"), lists("MODEL_NOT_FOUND"));
  });

  it("lists the models where there are several, and says where there is none", () => {
    throws(() => chooseModel(provider(1, "a", "b")), /several models/);
    throws(() => chooseModel(provider(1)), /offers no model/);
  });

  it("says what to start where no provider was found", async () => {
    await rejects(completeSharing({}, { probe: never, discover: async () => [] }), /No provider was found/);
  });
});
