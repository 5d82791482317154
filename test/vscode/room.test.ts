import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as vscode from "vscode";
import type { Hub } from "../../src/hub/createHub";
import type { ExtensionApi } from "../../src/vscode/extensionApi";
import { openCuttableLine } from "../support/cuttableLine";
import { eventually } from "../support/eventually";
import { activeExtension, joinedRoom, leaveQuietly, makeRoom, startTestHub } from "../support/extensionHost";

const settings = () => vscode.workspace.getConfiguration("llmRooms");
const joinRoom = (args: object) => vscode.commands.executeCommand<boolean>("llmRooms.joinRoom", args);

const workspaceFolder = (): string =>
  vscode.workspace.workspaceFolders?.[0]?.uri.fsPath ?? assert.fail("no folder");

/** Asked anew each time: the compiler takes a state that was compared for one that stays. */
const stateOf = (api: ExtensionApi): string => api.connection.state.state;

describe("a room inside VS Code", () => {
  let api: ExtensionApi;
  let hub: Hub;
  before(async () => {
    api = await activeExtension();
    hub = await startTestHub();
  });
  afterEach(() => leaveQuietly(api));
  after(() => hub.close());

  it("is joined, and what proved right is kept in the user's settings", async () => {
    const roomCode = await makeRoom(hub, "Team");
    assert.equal(
      await joinRoom({ hubUrl: hub.url, roomCode: roomCode.toLowerCase(), nickname: "Kim" }),
      true,
    );
    assert.equal(joinedRoom(api).room.name, "Team");
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    assert.equal(settings().get("hubUrl"), hub.url);
    assert.equal(settings().get("roomCode"), roomCode);
    assert.equal(settings().get("nickname"), "Kim");
  });

  it("is joined also where the user's settings cannot be written", async () => {
    const file = join(workspaceFolder(), "..", "data", "data", "Machine", "settings.json");
    const before = await readFile(file, "utf8");
    const roomCode = await makeRoom(hub, "Team");
    await writeFile(file, "{ half");
    try {
      assert.equal(await joinRoom({ hubUrl: hub.url, roomCode, nickname: "Kim" }), true);
      assert.equal(joinedRoom(api).room.code, roomCode);
    } finally {
      await writeFile(file, before);
    }
  });

  it("offers the hub's rooms where hub and nickname are known from the settings", async () => {
    await settings().update("hubUrl", hub.url, vscode.ConfigurationTarget.Global);
    await settings().update("nickname", "Kim", vscode.ConfigurationTarget.Global);
    const roomCode = await makeRoom(hub, "Room to pick");
    await settings().update("roomCode", roomCode, vscode.ConfigurationTarget.Global);
    const joining = joinRoom({});
    // The room of the settings is the one that Enter takes, once the list is there.
    await eventually(async () => {
      await vscode.commands.executeCommand("workbench.action.acceptSelectedQuickOpenItem");
      return api.connection.state.state === "joined";
    });
    assert.equal(await joining, true);
    assert.equal(joinedRoom(api).room.code, roomCode);
  });

  it("is not joined with a wrong password, and Esc ends the question quietly", async () => {
    const roomCode = await makeRoom(hub, "Secret", "right");
    let ended = false;
    const joining = joinRoom({ hubUrl: hub.url, roomCode, nickname: "Kim", password: "wrong" });
    void joining.then(() => {
      ended = true;
    });
    await eventually(async () => {
      await vscode.commands.executeCommand("workbench.action.closeQuickOpen");
      return ended;
    });
    assert.equal(await joining, false);
    assert.equal(stateOf(api), "left");
  });

  it("is joined with the right password, and nobody who checked it stays behind", async () => {
    const roomCode = await makeRoom(hub, "Secret", "right");
    assert.equal(await joinRoom({ hubUrl: hub.url, roomCode, nickname: "Kim", password: "right" }), true);
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    assert.equal(joinedRoom(api).participants.size, 0);
  });

  it("shows that it was not found, and can be left then", async () => {
    await joinRoom({ hubUrl: hub.url, roomCode: "NOSUCH", nickname: "Kim" });
    assert.equal(stateOf(api), "left");
    await assert.rejects(
      api.connection.join({ hubUrl: hub.url, roomCode: "NOSUCH", nickname: "Kim" }),
      (error) => error instanceof Error && "code" in error && error.code === "ROOM_NOT_FOUND",
    );
    assert.equal(stateOf(api), "failed");
    await vscode.commands.executeCommand("llmRooms.leaveRoom");
    assert.equal(stateOf(api), "left");
  });

  it("stays as last known while the hub is gone, and is live again when it is back", async () => {
    const roomCode = await makeRoom(hub, "Team");
    const line = await openCuttableLine(hub.port);
    try {
      await joinRoom({ hubUrl: line.url, roomCode, nickname: "Kim" });
      await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
      line.cut();
      await eventually(() => assert.equal(joinedRoom(api).phase.state, "lost"));
      assert.equal(joinedRoom(api).room.name, "Team");
      line.mend();
      await vscode.commands.executeCommand("llmRooms.retryConnection");
      await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    } finally {
      await line.close();
    }
  });

  it("stays as last known where the hub forgot it, and says so", async () => {
    const roomCode = await makeRoom(hub, "Team");
    await joinRoom({ hubUrl: hub.url, roomCode, nickname: "Kim" });
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "live"));
    const { port } = hub;
    await hub.close();
    await eventually(() => assert.equal(joinedRoom(api).phase.state, "lost"));
    hub = await startTestHub(port);
    await vscode.commands.executeCommand("llmRooms.retryConnection");
    await eventually(() => {
      const { phase } = joinedRoom(api);
      assert.equal(phase.state === "lost" && phase.error.code, "ROOM_NOT_FOUND");
    });
  });

  it("gives its code and its OpenAI endpoint to the clipboard", async () => {
    const roomCode = await makeRoom(hub, "Team");
    await joinRoom({ hubUrl: hub.url, roomCode, nickname: "Kim" });
    await vscode.commands.executeCommand("llmRooms.copyRoomCode");
    assert.equal(await vscode.env.clipboard.readText(), roomCode);
    await vscode.commands.executeCommand("llmRooms.copyOpenAiEndpoint");
    assert.equal(await vscode.env.clipboard.readText(), `${hub.url}/rooms/${roomCode}/v1`);
  });

  it("is made and joined by hosting it, on a hub that runs already", async () => {
    const args = { hubUrl: hub.url, name: "Hosted", password: "", nickname: "Kim" };
    assert.equal(await vscode.commands.executeCommand("llmRooms.hostRoom", args), true);
    assert.equal(joinedRoom(api).room.name, "Hosted");
    await vscode.commands.executeCommand("notifications.clearAll");
  });

  it("is followed by one join at a time: the last one counts", async () => {
    const [first, second] = [await makeRoom(hub, "First"), await makeRoom(hub, "Second")];
    const target = { hubUrl: hub.url, nickname: "Kim" };
    const joins = [first, second].map((roomCode) => api.connection.join({ ...target, roomCode }));
    assert.deepEqual(await Promise.all(joins), [false, true]);
    assert.equal(joinedRoom(api).room.code, second);
  });
});

describe("the commands where there is no room", () => {
  it("say so rather than fail", async () => {
    const api = await activeExtension();
    assert.equal(stateOf(api), "left");
    for (const id of ["leaveRoom", "retryConnection", "copyRoomCode", "copyOpenAiEndpoint", "pauseSharing"]) {
      await vscode.commands.executeCommand(`llmRooms.${id}`);
    }
    for (const id of ["resumeSharing", "stopSharing", "copyModelId", "shareModel"]) {
      await vscode.commands.executeCommand(`llmRooms.${id}`);
    }
    assert.equal(stateOf(api), "left");
  });
});

describe("the settings", () => {
  it("cannot be set by a workspace, but for the room that it may propose", async () => {
    const settings = vscode.workspace.getConfiguration("llmRooms");
    const { Workspace } = vscode.ConfigurationTarget;
    for (const key of ["hubUrl", "roomCode", "autoJoin", "share.endpoint", "share.onStartup"]) {
      await assert.rejects(async () => settings.update(key, "http://elsewhere:1", Workspace), key);
    }
  });
});
