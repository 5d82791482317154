import assert from "node:assert/strict";
import { ProviderKeys } from "../../src/vscode/sharing/providerKeys";
import { SecretsMap } from "../support/secretsMap";

describe("a provider's key", () => {
  it("is found by its provider's address, however that is typed, and by no other", async () => {
    const keys = new ProviderKeys(new SecretsMap());
    await keys.remember("http://localhost:1234", "sk-1");
    for (const typed of ["http://localhost:1234", "localhost:1234", " http://LOCALHOST:1234/v1/ "])
      assert.equal(await keys.get(typed), "sk-1", typed);
    for (const other of ["localhost:1235", "https://localhost:1234", "127.0.0.1:1234"])
      assert.equal(await keys.get(other), undefined, other);
    await keys.remember("localhost:1234", "");
    assert.equal(await keys.get("http://localhost:1234"), undefined);
  });
});
