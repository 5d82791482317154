import assert from "node:assert/strict";
import { RoomSecrets } from "../../src/vscode/room/roomSecrets";
import { SecretsMap } from "../support/secretsMap";

const url = "https://10.0.0.7:5567";
const [memberToken, hostToken, newToken] = ["m", "h", "n"].map((letter) => letter.repeat(43));
const [fingerprint, other] = ["AB", "CD"].map((pair) => Array.from({ length: 32 }, () => pair).join(":"));

function storage() {
  const storage = new SecretsMap();
  return { stored: storage.stored, secrets: new RoomSecrets(storage) };
}

describe("RoomSecrets", () => {
  it("keeps the keys of each room apart, and adds to what is known", async () => {
    const { secrets } = storage();
    await secrets.remember(url, "abc234", { memberToken, hostToken, fingerprint });
    await secrets.remember(url, "ABC234", { memberToken: newToken, hostToken: undefined });
    assert.deepEqual(await secrets.keys(url, "ABC234"), { memberToken: newToken, hostToken, fingerprint });
    assert.deepEqual(await secrets.keys(url, "OTHER2"), { fingerprint });
    assert.deepEqual(await secrets.keys("https://elsewhere", "ABC234"), {});
    await secrets.forget(url, "ABC234");
    assert.deepEqual(await secrets.keys(url, "ABC234"), { fingerprint });
  });

  it("N7: tells no key that was got under another certificate of the hub", async () => {
    const { secrets } = storage();
    await secrets.remember(url, "ABC234", { hostToken, memberToken, fingerprint });
    await secrets.remember(url, "OTHER2", { memberToken: newToken, fingerprint: other });
    assert.deepEqual(await secrets.keys(url, "ABC234"), { fingerprint: other });
    assert.deepEqual(await secrets.keys(url, "OTHER2"), { memberToken: newToken, fingerprint: other });
    await secrets.remember(url, "ABC234", { memberToken: newToken, fingerprint: other });
    const keys = await secrets.keys(url, "ABC234");
    assert.deepEqual(keys, { memberToken: newToken, fingerprint: other }, "nor is it handed on");
  });

  it("reads a password that an earlier version kept alone", async () => {
    const { stored, secrets } = storage();
    stored.set(`room:${url}/v1/rooms/ABC234`, "open sesame");
    assert.deepEqual(await secrets.keys(url, "ABC234"), { password: "open sesame" });
    stored.set(`room:${url}/v1/rooms/ABC234`, '"quoted"');
    assert.deepEqual(await secrets.keys(url, "ABC234"), { password: '"quoted"' });
  });
});
