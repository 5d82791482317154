import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { createHub, type Hub } from "../../src/hub/createHub";
import { registerRestoreShares } from "../../src/vscode/sharing/restoreShares";
import { startSharing } from "../../src/vscode/sharing/startSharing";
import { eventually } from "../support/eventually";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { windowParts } from "./windowParts";

describe("what a window shared before it was reloaded", () => {
  let hub: Hub;
  let provider: FakeProvider;
  before(async () => {
    hub = await createHub({ port: 0, open: true });
    provider = await startFakeProvider({ models: ["llama3:8b", "qwen3:8b"] });
  });
  after(async () => {
    await provider.close();
    await hub.close();
  });

  const choice = (model: string) => ({ endpoint: provider.url, model, providerName: "Ollama" });

  /** A window that comes back to its room, in which it had paused what it shared. */
  const comeBack = async (models: readonly string[]) => {
    const { room } = await new HubClient(hub.url).createRoom({ name: "Team" });
    const target = { hubUrl: hub.url, roomCode: room.code, nickname: "Kim" };
    const { parts, log } = windowParts();
    const shares = models.map(choice);
    await parts.shareMemory.rememberConfirmed(shares);
    await parts.shareMemory.rememberShared(target, { shares, paused: true }, Date.now());
    const restoring = registerRestoreShares(parts);
    await parts.connection.join(target);
    const close = async () => {
      restoring.dispose();
      await parts.shares.stopAll();
      parts.connection.dispose();
    };
    return { parts, log, target, close };
  };

  it("is shared again, and paused as it was", async () => {
    const { parts, close } = await comeBack(["llama3:8b", "qwen3:8b"]);
    await eventually(() => assert.equal(parts.shares.all.length, 2));
    assert.deepEqual(
      parts.shares.all.map(({ isPaused }) => isPaused),
      [true, true],
    );
    await close();
  });

  it("pauses nothing that is shared later, where none of it could be shared again", async () => {
    const { parts, log, target, close } = await comeBack(["gone"]);
    await eventually(() => assert.match(log.text, /gone is not shared/));
    await startSharing(parts, target, choice("llama3:8b"), {});
    assert.equal(parts.shares.isPaused, false);
    assert.equal(parts.shares.all[0]?.isPaused, false);
    await close();
  });
});
