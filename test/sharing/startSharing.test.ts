import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { HumanError } from "../../src/common/humanError";
import { createHub, type Hub } from "../../src/hub/createHub";
import type { SharingParts } from "../../src/vscode/sharing/sharingParts";
import { startSharing } from "../../src/vscode/sharing/startSharing";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { windowParts } from "./windowParts";

describe("a model that was confirmed for a room", () => {
  let hub: Hub;
  let provider: FakeProvider;
  let parts: SharingParts;
  /** Called while the provider's key is read. */
  let meanwhile: () => void;

  before(async () => {
    hub = await createHub({ port: 0, open: true });
    provider = await startFakeProvider({ models: ["llama3:8b"] });
  });
  beforeEach(() => {
    meanwhile = () => {};
    ({ parts } = windowParts(async () => {
      meanwhile();
      return undefined;
    }));
  });
  afterEach(async () => {
    await parts.shares.stopAll();
    parts.connection.dispose();
  });
  after(async () => {
    await provider.close();
    await hub.close();
  });

  const join = async (name: string) => {
    const { room } = await new HubClient(hub.url).createRoom({ name });
    const target = { hubUrl: hub.url, roomCode: room.code, nickname: "Kim" };
    await parts.connection.join(target);
    return target;
  };
  const choice = () => ({ endpoint: provider.url, model: "llama3:8b", providerName: "Ollama" });
  const models = async (roomCode: string) =>
    (await new HubClient(hub.url).listParticipants(roomCode)).map(({ model }) => model);
  const isLeft = (error: unknown) => error instanceof HumanError && error.code === "SHARE_ENDED";

  it("is shared there", async () => {
    const room = await join("Team");
    assert.equal(await startSharing(parts, room, choice(), {}), "shared");
    assert.deepEqual(await models(room.roomCode), ["llama3:8b"]);
  });

  it("is not shared in another room that the user went on to", async () => {
    const room = await join("Team");
    const other = await join("Strangers");
    await assert.rejects(startSharing(parts, room, choice(), {}), isLeft);
    assert.deepEqual(await models(other.roomCode), []);
  });

  it("is shared nowhere where the user leaves while it begins", async () => {
    const room = await join("Team");
    meanwhile = () => parts.connection.leave();
    await assert.rejects(startSharing(parts, room, choice(), {}), isLeft);
    assert.deepEqual(await models(room.roomCode), []);
    assert.equal(parts.shares.all.length, 0);
  });
});
