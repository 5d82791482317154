import assert from "node:assert/strict";
import { autoJoinTarget } from "../../src/vscode/room/autoJoinTarget";

const configured = { hubUrl: "http://localhost:5567", roomCode: "ABC234", nickname: "Kim" };
const other = { hubUrl: "http://gpu-box:5567", roomCode: "XYZ789", nickname: "Kim" };
const fresh = {
  autoJoin: true,
  remembered: undefined,
  sameSession: false,
  configured,
  configuredWasLeft: false,
};
const remembered = { state: "joined" as const, target: other, sessionId: "s" };

describe("autoJoinTarget", () => {
  it("is the room of the settings in a window that was in none", () => {
    assert.deepEqual(autoJoinTarget(fresh), configured);
    assert.equal(autoJoinTarget({ ...fresh, configured: { ...configured, roomCode: "" } }), undefined);
  });

  it("is the room that this window was in", () => {
    assert.deepEqual(autoJoinTarget({ ...fresh, remembered }), other);
  });

  it("is none where the user left", () => {
    assert.equal(autoJoinTarget({ ...fresh, remembered: { state: "left" } }), undefined);
    assert.equal(autoJoinTarget({ ...fresh, configuredWasLeft: true }), undefined);
  });

  it("is none where the user wants none, but for a mere reload", () => {
    assert.equal(autoJoinTarget({ ...fresh, autoJoin: false }), undefined);
    assert.equal(autoJoinTarget({ ...fresh, autoJoin: false, remembered }), undefined);
    assert.deepEqual(autoJoinTarget({ ...fresh, autoJoin: false, remembered, sameSession: true }), other);
  });
});
