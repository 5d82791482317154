import assert from "node:assert/strict";
import { DEFAULT_HUB_PORT } from "../../src/protocol/constants";
import { localHubPort } from "../../src/vscode/room/localHubPort";

describe("localHubPort", () => {
  it("is that of the settings where their hub is on this machine", () => {
    for (const host of ["localhost", "127.0.0.1", "[::1]"]) {
      assert.equal(localHubPort(`http://${host}:6001`), 6001);
      assert.equal(localHubPort(`https://${host}:6001`), 6001);
    }
  });

  it("is the usual one where the hub of the settings is elsewhere", () => {
    for (const url of [
      "http://gpu-box:6001",
      "https://localhost",
      "http://localhost",
      "http://127.evil.org:1",
    ]) {
      assert.equal(localHubPort(url), DEFAULT_HUB_PORT);
    }
  });
});
