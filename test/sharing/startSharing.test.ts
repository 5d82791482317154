import assert from "node:assert/strict";
import { HubClient } from "../../src/client/hubClient";
import { HumanError } from "../../src/common/humanError";
import { createHub, type Hub } from "../../src/hub/createHub";
import { hubAccess, openSession } from "../../src/vscode/networkAccess";
import { RoomConnection } from "../../src/vscode/room/roomConnection";
import { ProviderKeys } from "../../src/vscode/sharing/providerKeys";
import { Shares } from "../../src/vscode/sharing/shares";
import type { SharingParts } from "../../src/vscode/sharing/sharingParts";
import { startSharing } from "../../src/vscode/sharing/startSharing";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";
import { MementoMap } from "../support/mementoMap";
import { RecordedLog } from "../support/recordedLog";
import { SecretsMap } from "../support/secretsMap";

describe("a model that was confirmed for a room", () => {
  let hub: Hub;
  let provider: FakeProvider;
  let connection: RoomConnection;
  let parts: SharingParts;
  /** Called while the provider's key is read. */
  let meanwhile: () => Promise<unknown>;

  before(async () => {
    hub = await createHub({ port: 0, open: true });
    provider = await startFakeProvider({ models: ["llama3:8b"] });
  });
  beforeEach(() => {
    meanwhile = async () => {};
    const secrets = new SecretsMap();
    const get = async (key: string) => {
      await meanwhile();
      return secrets.get(key);
    };
    connection = new RoomConnection(hubAccess, async () => ({}));
    const none = { value: undefined };
    const settings = { shareGeneration: {}, shareMaxConcurrent: { value: 1 }, shareMaxTokens: none };
    const fixed = { settings, context: { globalState: new MementoMap(), secrets }, log: new RecordedLog() };
    const providerKeys = new ProviderKeys({ ...secrets, get });
    const shares = new Shares({ openSession, onDidFail: (_, error) => assert.fail(error) });
    parts = { ...fixed, connection, shares, providerKeys } as unknown as SharingParts;
  });
  afterEach(async () => {
    await parts.shares.stopAll();
    connection.dispose();
  });
  after(async () => {
    await provider.close();
    await hub.close();
  });

  const join = async (name: string) => {
    const { room } = await new HubClient(hub.url).createRoom({ name });
    const target = { hubUrl: hub.url, roomCode: room.code, nickname: "Kim" };
    await connection.join(target);
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
    meanwhile = async () => connection.leave();
    await assert.rejects(startSharing(parts, room, choice(), {}), isLeft);
    assert.deepEqual(await models(room.roomCode), []);
    assert.equal(parts.shares.all.length, 0);
  });
});
