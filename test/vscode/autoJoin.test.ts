import assert from "node:assert/strict";
import * as vscode from "vscode";
import type { HubClient } from "../../src/client/hubClient";
import type { Hub } from "../../src/hub/createHub";
import { hubAccess } from "../../src/vscode/networkAccess";
import { registerAutoJoin } from "../../src/vscode/room/autoJoin";
import { RoomConnection } from "../../src/vscode/room/roomConnection";
import { RoomMemory } from "../../src/vscode/room/roomMemory";
import type { RoomParts } from "../../src/vscode/room/roomParts";
import { RoomSecrets } from "../../src/vscode/room/roomSecrets";
import { registerWorkspaceRoom } from "../../src/vscode/room/workspaceRoom";
import { eventually } from "../support/eventually";
import { makeRoom, startTestHub } from "../support/extensionHost";
import { MementoMap } from "../support/mementoMap";
import { RecordedLog } from "../support/recordedLog";
import { SecretsMap } from "../support/secretsMap";

describe("a window that comes back to its room", () => {
  let hub: Hub;
  let connection: RoomConnection;
  let memory: RoomMemory;
  let log: RecordedLog;
  before(async () => {
    hub = await startTestHub();
  });
  beforeEach(() => {
    log = new RecordedLog();
    connection = new RoomConnection(hubAccess, async () => ({}));
    memory = new RoomMemory({ globalState: new MementoMap(), workspaceState: new MementoMap() }, "s");
  });
  afterEach(() => connection.dispose());
  after(() => hub.close());

  /** As at its start, with a hub that this machine had started: `isThere` resolves when it is known whether that is still there. */
  const start = (roomCode: string, isThere: Promise<void>) => {
    const secrets = new SecretsMap();
    const globalState = new MementoMap();
    void globalState.update("localHub", { url: hub.url, reach: "machine" });
    const openHub = async (...args: Parameters<typeof hubAccess.openHub>): Promise<HubClient> => {
      await isThere;
      return hubAccess.openHub(...args);
    };
    const setting = <T>(value: T) => ({ value });
    const settings = {
      hubUrl: setting(hub.url),
      roomCode: setting(roomCode),
      nickname: setting("Kim"),
      autoJoin: setting(true),
    };
    const parts = { context: { globalState, secrets }, settings, memory, connection };
    const others = { access: { ...hubAccess, openHub }, secrets: new RoomSecrets(secrets), log };
    return registerAutoJoin({ ...parts, ...others } as unknown as RoomParts);
  };

  it("joins it", async () => {
    const roomCode = await makeRoom(hub, "Team");
    const joining = start(roomCode, Promise.resolve());
    await eventually(() => assert.equal(memory.room?.state, "joined"));
    assert.equal(connection.target?.roomCode, roomCode);
    joining.dispose();
  });

  it("is not offered that room by its workspace", async () => {
    const { url: hubUrl } = hub;
    await memory.rememberJoined({ hubUrl, roomCode: "ABC234", nickname: "Kim" });
    const offered = async (roomCode: string) => {
      const workspaceRoom = { value: { hubUrl, roomCode }, onDidChange: () => ({ dispose: () => {} }) };
      const parts = { settings: { workspaceRoom }, memory, connection, log };
      registerWorkspaceRoom(parts as unknown as RoomParts).dispose();
      return memory.wasAsked(hubUrl, roomCode);
    };
    assert.equal(await offered("abc234"), false);
    assert.equal(await offered("OTHER2"), true);
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("stays in another one that the user joined while its hub was looked for", async () => {
    const [mine, other] = [await makeRoom(hub, "Team"), await makeRoom(hub, "Invited")];
    let answer = () => {};
    const isThere = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const joining = start(mine, isThere);
    await connection.join({ hubUrl: hub.url, roomCode: other, nickname: "Kim" });
    answer();
    await eventually(() => assert.match(log.text, /not joined at the start/));
    assert.equal(connection.target?.roomCode, other);
    joining.dispose();
  });
});
