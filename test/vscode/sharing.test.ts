import assert from "node:assert/strict";
import * as vscode from "vscode";
import { HubClient } from "../../src/client/hubClient";
import type { Hub } from "../../src/hub/createHub";
import { contextKeys } from "../../src/vscode/contextKeys";
import type { ExtensionApi } from "../../src/vscode/extensionApi";
import { eventually } from "../support/eventually";
import {
  activeExtension,
  joinedRoom,
  leaveQuietly,
  makeRoom,
  seesModel,
  startTestHub,
} from "../support/extensionHost";
import { type FakeProvider, startFakeProvider } from "../support/fakeProvider";

describe("sharing inside VS Code", () => {
  let api: ExtensionApi;
  let hub: Hub;
  let provider: FakeProvider;
  let roomCode: string;
  const choice = (model: string) => ({ endpoint: provider.url, model, providerName: "Ollama" });

  before(async () => {
    api = await activeExtension();
    hub = await startTestHub();
    provider = await startFakeProvider({ models: ["llama3:8b", "holds"] });
  });
  beforeEach(async () => {
    roomCode = await makeRoom(hub, "Team");
    const args = { hubUrl: hub.url, roomCode, nickname: "Kim" };
    await vscode.commands.executeCommand("llmRooms.joinRoom", args);
  });
  afterEach(() => leaveQuietly(api));
  after(async () => {
    await provider.close();
    await hub.close();
  });

  it("makes a participant that is online, under my nickname, and mine to see", async () => {
    assert.equal(await api.share(choice("llama3:8b")), "shared");
    await seesModel(api, "llama3:8b", "online");
    const [card] = [...joinedRoom(api).participants.values()];
    assert.equal(card?.nickname, "Kim");
    assert.ok(card && api.isMine(card.id));
    assert.equal(await api.share(choice("llama3:8b")), "shared", "a second time changes nothing");
    assert.equal(joinedRoom(api).participants.size, 1);
  });

  it("is busy while it serves and online after", async () => {
    await api.share(choice("holds"));
    await seesModel(api, "holds", "online");
    const answer = ask("holds");
    await seesModel(api, "holds", "busy");
    await eventually(() => assert.equal(api.shares.serving, 1));
    provider.release();
    assert.equal((await answer).status, 200);
    await seesModel(api, "holds", "online");
    await eventually(() => assert.equal(api.shares.serving, 0));
    assert.equal(api.shares.all[0]?.served, 1);
  });

  it("shares several models at once, and stops one of them", async () => {
    await api.share(choice("llama3:8b"));
    await api.share(choice("holds"));
    await eventually(() => assert.equal(joinedRoom(api).participants.size, 2));
    const first = api.shares.all.find((shared) => shared.choice.model === "llama3:8b");
    await vscode.commands.executeCommand("llmRooms.stopSharing", first?.participantId);
    await eventually(() => assert.equal(joinedRoom(api).participants.size, 1));
    assert.deepEqual(
      api.shares.all.map((shared) => shared.choice.model),
      ["holds"],
    );
  });

  it("lets requests wait while paused, and takes them when resumed", async () => {
    await api.share(choice("llama3:8b"));
    await seesModel(api, "llama3:8b", "online");
    await vscode.commands.executeCommand("llmRooms.pauseSharing");
    await seesModel(api, "llama3:8b", "busy");
    const waiting = ask("llama3:8b");
    await vscode.commands.executeCommand("llmRooms.resumeSharing");
    await seesModel(api, "llama3:8b", "online");
    assert.equal((await waiting).status, 200);
  });

  it("shares nothing where the provider has no such model", async () => {
    await assert.rejects(api.share(choice("missing")), /missing/);
    assert.equal(api.shares.all.length, 0);
    // What was taken for it is free again.
    await assert.rejects(api.share(choice("missing")), /missing/);
  });

  it("sends the hardware and the sampling defaults as the settings say", async () => {
    const settings = vscode.workspace.getConfiguration("llmRooms.share");
    const { Global } = vscode.ConfigurationTarget;
    await settings.update("specs", [], Global);
    await settings.update("generation.temperature", 0.3, Global);
    try {
      await api.share(choice("llama3:8b"));
      await seesModel(api, "llama3:8b", "online");
      const [card] = [...joinedRoom(api).participants.values()];
      assert.deepEqual(card?.specs, {});
      assert.equal(card?.config.temperature, 0.3);
    } finally {
      await settings.update("specs", undefined, Global);
      await settings.update("generation.temperature", undefined, Global);
    }
  });

  it("shares nothing while a setting is out of its range, and names it", async () => {
    const settings = vscode.workspace.getConfiguration("llmRooms.share");
    const { Global } = vscode.ConfigurationTarget;
    await settings.update("generation.top_p", 7, Global);
    try {
      await assert.rejects(api.share(choice("llama3:8b")), /llmRooms\.share\.generation\.top_p/);
      assert.equal(api.shares.all.length, 0);
    } finally {
      await settings.update("generation.top_p", undefined, Global);
    }
  });

  it("ends when the room is left", async () => {
    await api.share(choice("llama3:8b"));
    await seesModel(api, "llama3:8b", "online");
    api.connection.leave();
    await eventually(() => assert.equal(api.shares.all.length, 0));
    const list = await fetch(`${hub.url}/v1/rooms/${roomCode}/participants`);
    await eventually(async () => {
      const answer = await fetch(list.url);
      assert.deepEqual(((await answer.json()) as { data: unknown[] }).data, []);
    });
  });

  it("ends with its room, and is not taken for another window's then", async () => {
    const { room, hostToken } = await new HubClient(hub.url).createRoom({ name: "Short", access: "open" });
    const args = { hubUrl: hub.url, roomCode: room.code, nickname: "Kim" };
    await vscode.commands.executeCommand("llmRooms.joinRoom", args);
    await api.share(choice("llama3:8b"));
    await seesModel(api, "llama3:8b", "online");
    await new HubClient(hub.url, { token: hostToken }).closeRoom(room.code);
    await eventually(() => {
      const { closed, sharing, sharingElsewhere } = contextKeys(api);
      assert.deepEqual(
        { closed, sharing, sharingElsewhere },
        { closed: true, sharing: false, sharingElsewhere: false },
      );
    });
  });

  it("finds its own card again when the same model is shared again", async () => {
    await api.share(choice("llama3:8b"));
    const [before] = api.shares.all;
    await api.shares.stopAll();
    await api.share(choice("llama3:8b"));
    assert.equal(api.shares.all[0]?.participantId, before?.participantId);
    await seesModel(api, "llama3:8b", "online");
  });

  function ask(model: string): Promise<Response> {
    return fetch(`${hub.url}/rooms/${roomCode}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] }),
    });
  }
});
